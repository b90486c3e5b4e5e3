# SPDX-License-Identifier: GPL-3.0-or-later
"""The real QGIS programs, in a throw-away profile that has GeoGAN as a plugin."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample" / "jacksboro_fault.tif"
BUNDLED_MODEL = ROOT / "resources" / "pretrained" / "terrain.geogan"

# Without the question on leaving: to QGIS, a layer in a temporary folder is one that may get lost.
SETTINGS = """\
[app]
askToSaveMemoryLayers=false

[PythonPlugins]
processing=true
geogan=true

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true
"""


class ProgramFailed(Exception):  # noqa: N818 - says what happened
    """A program ended with another status than 0; the text is all that it printed."""


@dataclass(frozen=True)
class Profile:
    """A QGIS profile that nobody else uses, with this checkout linked as the plugin `geogan`."""

    folder: Path
    worker: str = sys.executable

    @classmethod
    def made_in(cls, folder: Path, worker: str = sys.executable) -> Profile:
        """Make a profile. `worker` is the value of GEOGAN_WORKER."""
        default = folder / "profiles" / "default"
        (default / "python" / "plugins").mkdir(parents=True)
        (default / "python" / "plugins" / "geogan").symlink_to(ROOT, target_is_directory=True)
        (default / "QGIS").mkdir()
        (default / "QGIS" / "QGIS3.ini").write_text(SETTINGS, encoding="utf-8")
        return cls(folder, worker)

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment in which a program uses this profile, without a display."""
        ours = {
            "QGIS_CUSTOM_CONFIG_PATH": str(self.folder),
            "QT_QPA_PLATFORM": "offscreen",
            "GEOGAN_WORKER": self.worker,
            "GEOGAN_HOME": str(self.folder / "home"),
        }
        return {**os.environ, **ours, **more}


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed. Raises LookupError if none is."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise LookupError(f"none of these programs is installed: {', '.join(names)}")


def qgis_process_command(algorithm: str, parameters: Mapping[str, Any], *options: str) -> list[str]:
    """Return the command line that runs an algorithm; a list as a value gives its key once for each entry."""
    # On Debian 12 the program qgis_process is a wrapper that fails; beside it lies the real one.
    program = find_program("qgis_process.bin", "qgis_process")
    words = []
    for key, value in parameters.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        words += [f"--{key}={each}" for each in values]
    return [program, *options, "run", algorithm, *words]


def run_qgis_process(
    profile: Profile, algorithm: str, parameters: Mapping[str, Any], timeout_s: float = 300.0
) -> dict[str, Any]:
    """Run an algorithm (an id or a model's path) and return its outputs.

    Raises ProgramFailed if it ends with another status than 0, subprocess.TimeoutExpired.
    """
    printed = run_program(qgis_process_command(algorithm, parameters, "--json"), profile.environ(), timeout_s)
    return json.loads(printed[printed.index("{") :])["results"]


def run_program(command: Sequence[str], environ: Mapping[str, str], timeout_s: float) -> str:
    """Run a program to its end and return its standard output.

    It leads a session of its own, all of which is ended when the time is up.
    Raises ProgramFailed if it ends with another status than 0, subprocess.TimeoutExpired.
    """
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            printed, errors = process.communicate(timeout=timeout_s)
        except BaseException:
            os.killpg(process.pid, 9)
            raise
    if process.returncode != 0:
        raise ProgramFailed(f"{command[0]} ended with status {process.returncode}:\n{printed}\n{errors}")
    return printed
