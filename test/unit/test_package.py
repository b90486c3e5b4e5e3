# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's zip, made as `make package` makes it, but from the working tree."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_BYTES = 25_000_000  # the plugin repository's limit


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> zipfile.ZipFile:
    """The archive of all that is not ignored, committed or not. The repository itself is not touched."""
    scratch = tmp_path_factory.mktemp("git")
    (scratch / "objects").mkdir()
    objects = git("rev-parse", "--git-path", "objects").decode().strip()
    environ = {
        **os.environ,
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((ROOT / objects).resolve()),
    }
    git("add", "--all", environ=environ)
    tree = git("write-tree", environ=environ).decode().strip()
    content = git("archive", "--format=zip", "--prefix=geogan/", tree, environ=environ)
    return zipfile.ZipFile(io.BytesIO(content))


def git(*arguments: str, environ: dict | None = None) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, env=environ, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def files(package) -> list[PurePosixPath]:
    """The files' paths inside the plugin's folder."""
    return [PurePosixPath(name).relative_to("geogan") for name in package.namelist() if name[-1] != "/"]


@pytest.mark.parametrize(
    "path",
    [
        *("metadata.txt", "LICENSE", "__init__.py", "plugin.py", "errors.py", "CHANGELOG.md"),
        *("algorithms/provider.py", "rasters/grid.py", "models/model_file.py", "worker/client.py"),
        *("resources/icons/geogan.svg", "resources/help/train.html", "resources/worker-requirements.txt"),
        *("resources/sample/jacksboro_fault.tif", "resources/sample/README.md"),
    ],
)
def test_what_the_plugin_needs_is_in_it(files, path):
    assert PurePosixPath(path) in files


def test_nothing_for_developers_is_in_it(files):
    tops = {path.parts[0] for path in files}

    assert tops <= {
        *("metadata.txt", "LICENSE", "README.md", "CHANGELOG.md"),
        *("__init__.py", "plugin.py", "errors.py", "file_lock.py"),
        *("algorithms", "models", "rasters", "realism", "resources", "worker"),
    }


def test_no_program_cache_or_hidden_file_is_in_it(files):
    refused = {".pyc", ".exe", ".dll", ".so", ".dylib", ".bat", ".sh", ".cmd", ".ps1", ".ui", ".qrc"}

    assert [path for path in files if path.suffix in refused] == []
    assert [path for path in files if any(part.startswith((".", "__MACOSX")) for part in path.parts)] == []


def test_no_file_is_named_requirements_txt(files):
    """A popular plugin installs the content of such files into QGIS's own Python."""
    assert [path for path in files if path.name == "requirements.txt"] == []


def test_it_is_well_below_the_size_limit(package):
    assert sum(entry.compress_size for entry in package.infolist()) < MAX_BYTES


def test_the_licence_is_the_whole_gpl(package):
    text = package.read("geogan/LICENSE").decode()

    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "END OF TERMS AND CONDITIONS" in text
