# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command starts the worker: what the user set, what was remembered, or the managed environment.

Everything lies in one folder, `home`, outside the plugin's own (which QGIS replaces at every update):

    home/worker.json    the command that the user gave, once a worker started so has said hello
    home/environment/   the managed virtual environment, see `managed`
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ..errors import GeoGanError
from .client import Worker
from .hello import Hello
from .installation import Installation
from .lock import locked
from .managed import LOCK, all_in, current, make_current, spare
from .pool import close_idle_workers
from .process import never

COMMAND_VARIABLE = "GEOGAN_WORKER"
HOME_VARIABLE = "GEOGAN_HOME"
REMEMBERED = "worker.json"


def home_folder(default: Path, environ: Mapping[str, str]) -> Path:
    """Return the folder of the managed environment: GEOGAN_HOME, or `default`."""
    return Path(environ.get(HOME_VARIABLE) or default)


def worker_command(home: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the command that starts a Python with TensorFlow.

    GEOGAN_WORKER comes first, then the remembered command, then the managed environment.
    Raises GeoGanError, telling to run the set-up, if there is none of them.
    """
    chosen = environ.get(COMMAND_VARIABLE, "").strip()
    if chosen:
        return split_command(chosen)
    remembered = _read_remembered(home / REMEMBERED)
    if remembered:
        return remembered
    if current(home).is_complete():
        return [str(current(home).python)]
    raise GeoGanError(
        'GeoGAN is not set up yet, or only in part. Run "Set up GeoGAN" from the Processing Toolbox.'
    )


def split_command(text: str, is_windows: bool = os.name == "nt") -> list[str]:
    """Split a command line into words. The path of an existing file is one word, blanks and all.

    A name without a folder is no path, but is looked for where the system looks for programs.
    """
    try:
        path = _existing_file(text)
        # Windows' paths hold backslashes, which POSIX rules would swallow.
        words = [path] if path else shlex.split(text, posix=not is_windows)
    except (ValueError, RuntimeError) as error:  # a quote without its end, or ~ and no such user
        raise GeoGanError(
            "The worker's command cannot be read: {command} ({reason}).", command=text, reason=error
        ) from error
    if is_windows and not path:
        words = [
            word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word
            for word in words
        ]
    if not words:
        raise GeoGanError("The worker's command is empty.")
    return words


def _existing_file(text: str) -> str:
    """Return the whole path of the file that a text leads to; nothing if it leads to none."""
    has_folder = any(separator in text for separator in filter(None, (os.sep, os.altsep)))
    path = Path(text).expanduser()
    try:
        # Not resolved: a virtual environment's Python is a link.
        return str(path.absolute()) if has_folder and path.is_file() else ""
    except OSError:  # too long for a path, as a command line may be, or where nobody may look
        return ""


@dataclass(frozen=True)
class Choice:
    """What the user chose in "Set up GeoGAN". All empty: the managed environment, from the package server."""

    python: str = ""  # the path of a Python that has TensorFlow
    command: str = ""  # a command line that starts one
    wheels: str = ""  # a folder of packages, to install without a network
    gpu: bool = False  # install TensorFlow with CUDA


def set_up(
    home: Path,
    environ: Mapping[str, str],
    choice: Choice,
    log: Callable[..., None],
    is_cancelled: Callable[[], bool] = never,
    start: Callable[..., Worker] = Worker.start,
) -> tuple[list[str], Hello]:
    """Make the worker ready and return its command and its hello. `log` gets templates and their values.

    A chosen Python or command is tried and then remembered. Otherwise the managed environment is checked, or
    another is made to replace it, and what was remembered is forgotten.
    Raises GeoGanError, or Cancelled; then what was remembered and what worked before stay.
    """
    if choice.python and choice.command:
        raise GeoGanError("Give either a Python or a command, not both.")
    close_idle_workers()  # on Windows a running worker's files cannot be deleted

    def say_hello(words: list[str]) -> Hello:
        log("Starting the worker: {command}", command=" ".join(words))
        worker = start(words, is_cancelled)
        worker.close()
        return worker.hello

    if choice.python or choice.command:
        words = [choice.python] if choice.python else split_command(choice.command)
        hello = say_hello(words)
        with _written(home):
            _remember(home / REMEMBERED, words)
        return words, hello
    wheels = _wheels_folder(choice.wheels)

    def make(installation: Installation) -> None:
        installation.make(environ, wheels, choice.gpu, log, is_cancelled)

    with _written(home), locked(home / LOCK):
        installation, hello = _working(home, choice.gpu, make, say_hello, log)
        make_current(home, installation)
        (home / REMEMBERED).unlink(missing_ok=True)
    return [str(installation.python)], hello


def _working(
    home: Path,
    gpu: bool,
    make: Callable[[Installation], None],
    say_hello: Callable[[list[str]], Hello],
    log: Callable[..., None],
) -> tuple[Installation, Hello]:
    """Return an environment that works, and its hello: one that is there or else a new one."""
    for installation in all_in(home):
        if not installation.is_complete(gpu):
            continue
        try:
            return installation, say_hello([str(installation.python)])
        except GeoGanError as error:
            if error.is_transient:
                raise
            log("The environment does not work and is made anew: {reason}", reason=str(error))
    new = spare(home)
    make(new)
    try:
        return new, say_hello([str(new.python)])
    except GeoGanError as error:
        if not error.is_transient:
            new.delete()
        raise


@contextmanager
def _written(home: Path) -> Iterator[None]:
    """Turn what the system says of a folder that cannot be written, or of a full disk, into a sentence."""
    try:
        yield
    except OSError as error:
        raise GeoGanError(
            "The folder {folder} cannot be written: {reason}. Free some disk space or change the folder's "
            "permissions, or set the variable GEOGAN_HOME to another folder and start QGIS again.",
            folder=str(home),
            reason=error.strerror or str(error),
        ) from error


def _wheels_folder(path: str) -> Path | None:
    if not path:
        return None
    if not Path(path).is_dir():
        raise GeoGanError("There is no folder of wheels {folder}.", folder=path)
    return Path(path)


def _read_remembered(path: Path) -> list[str]:
    """Return the remembered command; nothing if there is none or the file is damaged."""
    try:
        words = json.loads(path.read_text("utf-8"))["command"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []


def _remember(path: Path, words: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"command": list(words)}, indent=2), "utf-8")
    partial.replace(path)
