# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a managed virtual environment: a folder with a Python, the pinned packages and, last, a marker."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ..errors import GeoGanError
from .archive import PACKAGE_ROOT
from .interpreter import Interpreter, base_pythons
from .process import never, run_to_end
from .setup_failures import explain_failure

REQUIREMENTS = PACKAGE_ROOT / "resources" / "worker-requirements.txt"
FREE_BYTES = 3_000_000_000  # the environment takes 1.6 GB, pip needs the packed wheels beside it
FREE_BYTES_GPU = 12_000_000_000  # CUDA's libraries take some 6 GB
MARKER = "geogan-installed.json"
# For pip and for a later look. Not called requirements.txt: other plugins install from those.
PACKAGES = "worker-requirements.txt"
_DOWNLOADS = "tmp"


@dataclass(frozen=True)
class Installation:
    """A managed environment in `folder`, which need not exist yet.

    Its marker is written last, so that a half-made environment is never taken for a whole one.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter. Not resolved: behind the link is a Python without our packages."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def was_made(self) -> bool:
        """Whether it was made to its end, from whatever requirements."""
        return (self.folder / MARKER).is_file()

    @property
    def is_foreign(self) -> bool:
        """Whether the folder holds something, but nothing that tells that we, or venv, have made it."""
        names = {path.name for path in self._entries()}
        return bool(names) and names.isdisjoint((MARKER, PACKAGES, "pyvenv.cfg"))

    def is_complete(self, gpu: bool = False) -> bool:
        """Whether it was made to its end from today's requirements; for `gpu`, with the GPU libraries."""
        try:
            marker = json.loads((self.folder / MARKER).read_text("utf-8"))
            is_current = marker["requirements"] == self._digest(marker["gpu"])
            # The Python it was made from may have gone, as with the QGIS that brought it along.
            is_there = self.python.is_file() and os.path.lexists(marker["base"])
            return is_current and is_there and (marker["gpu"] or not gpu)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def make(
        self,
        environ: Mapping[str, str],
        wheels: Path | None,
        gpu: bool,
        log: Callable[..., None],
        is_cancelled: Callable[[], bool] = never,
    ) -> None:
        """Make the environment, from `wheels` alone if given, in a folder that is empty or not there.

        Raises GeoGanError for what can go wrong, OSError for a folder that cannot be written, or Cancelled;
        nothing is left then.
        """
        if gpu:
            refuse_without_gpu_packages()
        self._check_space(gpu)
        pythons = base_pythons(environ, is_cancelled, downloads=wheels is None)
        downloads = self.folder / _DOWNLOADS
        # A system's folder for temporary files may be small, or held in memory.
        own = {**environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(downloads))}

        def run(base: Interpreter, command: list[str]) -> None:
            names = {"home": str(self.folder.parent), "python": base.path, "version": _major_minor(base)}
            _run_step(command, own, names, log, is_cancelled)

        try:
            downloads.mkdir(parents=True)
            (self.folder / PACKAGES).write_text(self._requirements_text(gpu), "utf-8")
            base = self._make_bare(pythons, run, log)
            log("Installing TensorFlow and what it needs. This takes some minutes.")
            run(base, self._pip_command(wheels))
            shutil.rmtree(downloads, ignore_errors=True)
            self._mark(gpu, base.path)
        except BaseException:
            self.delete()
            raise

    def _make_bare(
        self,
        pythons: Iterable[Interpreter],
        run: Callable[[Interpreter, list[str]], None],
        log: Callable[..., None],
    ) -> Interpreter:
        """Make it without packages, from the first Python that can, and return that: some only seem to."""
        failure: GeoGanError | None = None
        for base in pythons:
            log(
                "Making a virtual environment with {python} in {folder}", python=base.path, folder=self.folder
            )
            try:
                run(base, [base.path, "-I", "-m", "venv", str(self.folder)])
            except GeoGanError as error:
                failure = failure or error
                for path in self._entries():
                    if path.name not in (PACKAGES, _DOWNLOADS):
                        _deleted(path)
            else:
                return base
        raise failure

    def delete(self) -> bool:
        """Delete what no program uses of an environment of ours, and return whether the folder is gone."""
        if self.is_foreign:
            return False
        # The marker first: what is left is not whole. The list last: what is left is known to be ours.
        entries = sorted(self._entries(), key=lambda path: path.name != MARKER)
        remains = [path for path in entries if path.name != PACKAGES and not _deleted(path)]
        if not remains:
            shutil.rmtree(self.folder, ignore_errors=True)
        return not self.folder.exists()

    def _entries(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []

    def _pip_command(self, wheels: Path | None) -> list[str]:
        """Return the command that installs the packages of the list."""
        pip = [str(self.python), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        source = ["--no-index", "--find-links", str(wheels)] if wheels else []
        # --no-user: pip's own settings may send packages to the user's folder, outside the environment.
        options = ["--no-user", "--only-binary", ":all:", "--progress-bar", "off"]
        return [*pip, *source, *options, "-r", str(self.folder / PACKAGES)]

    def _mark(self, gpu: bool, base: str) -> None:
        """Write the marker, whole or not at all."""
        marker = {"requirements": self._digest(gpu), "gpu": gpu, "base": base}
        partial = self.folder / (MARKER + ".partial")
        partial.write_text(json.dumps(marker), "utf-8")
        partial.replace(self.folder / MARKER)

    def _requirements_text(self, gpu: bool) -> str:
        text = REQUIREMENTS.read_text("utf-8")
        return text.replace("tensorflow-cpu==", "tensorflow[and-cuda]==") if gpu else text

    def _digest(self, gpu: bool) -> str:
        """Return what stands for the wanted packages, whatever is said about them."""
        lines = (line.partition("#")[0].strip() for line in self._requirements_text(gpu).splitlines())
        return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()

    def _check_space(self, gpu: bool) -> None:
        needed = FREE_BYTES_GPU if gpu else FREE_BYTES
        home = self.folder.parent
        home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free
        if free < needed:
            raise GeoGanError(
                "The worker's environment needs {needed:.0f} GB of disk space; {folder} has {free:.1f} GB.",
                needed=needed / 1e9,
                free=free / 1e9,
                folder=str(home),
            )


def _deleted(path: Path) -> bool:
    """Delete a file or a folder as far as no program uses it, and return whether it is gone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
    return not os.path.lexists(path)


def refuse_without_gpu_packages() -> None:
    """Raise GeoGanError where TensorFlow has no packages for a GPU."""
    if sys.platform != "linux":
        raise GeoGanError(
            "TensorFlow has GPU packages for Linux only. On Windows use one in WSL2, by its command."
        )
    if platform.machine() != "x86_64":
        raise GeoGanError(
            "TensorFlow has no GPU packages for this kind of processor ({machine}). Set up GeoGAN without "
            "them, or give it a Python or a command whose TensorFlow was built for one.",
            machine=platform.machine(),
        )


def _run_step(
    command: list[str],
    environ: Mapping[str, str],
    names: Mapping[str, str],
    log: Callable[..., None],
    is_cancelled: Callable[[], bool],
) -> None:
    """Run one step, show its lines, and turn a failure into a sentence."""
    printed: deque[str] = deque(maxlen=60)

    def on_line(line: str) -> None:
        printed.append(line)
        log("{line}", line=line)

    code = run_to_end(command, environ, on_line, is_cancelled)
    if code != 0:
        raise explain_failure(list(printed), code, **names)


def _major_minor(python: Interpreter) -> str:
    return "{}.{}".format(*python.version)
