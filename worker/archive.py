# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a bare Python the worker: one line of code, then, over the pipe, bootstrap and archive."""

from __future__ import annotations

import io
import re
import shlex
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent

# The parts of the package that run in the worker. Folders are taken whole.
CODE = (
    "__init__.py", "errors.py", "models", "realism",
    "worker/__init__.py", "worker/channel.py", "worker/cpu.py", "worker/protocol.py", "worker/runtime.py",
    "worker/server.py",
)  # fmt: skip

# Reads the length of the bootstrap text and then the text from a copy of standard input, and keeps that copy,
# with whatever it has buffered, for the frames. It holds no quote and no dollar sign, so that a shell on the
# way cannot change it.
ONE_LINER = (
    "import io,os;pipe=io.BufferedReader(io.FileIO(os.dup(0)));"
    "exec(pipe.read(int(pipe.readline())));boot(pipe)"
)  # fmt: skip

# Programs that hand their words, joined by blanks, to a second shell on the far side.
PROGRAMS_WITH_A_SHELL_BEHIND = frozenset({"ssh", "plink", "wsl"})
# `wsl --exec` is the way around that shell.
WORDS_WITHOUT_A_SHELL = frozenset({"-e", "--exec"})

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def full_command(command: Sequence[str]) -> list[str]:
    """Return the words that start the worker, for a command that starts a Python."""
    one_liner = shlex.quote(ONE_LINER) if _passes_a_second_shell(command) else ONE_LINER
    # -I: no PYTHON* variable, no user site and no current folder reach the worker.
    return [*command, "-I", "-u", "-c", one_liner]


def bootstrap_bytes(archive: bytes) -> bytes:
    """Return the first bytes for the worker's standard input: the bootstrap text, then the code archive."""
    text = Path(__file__).with_name("bootstrap.py").read_bytes()
    return b"%d\n%s%d\n%s" % (len(text), text, len(archive), archive)


def build_archive(root: Path = PACKAGE_ROOT) -> bytes:
    """Return a zip of the worker's code below `root`, as the package `geogan`. Same files, same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(_code_files(root)):
            entry = zipfile.ZipInfo(f"geogan/{path.relative_to(root).as_posix()}", _FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _code_files(root: Path) -> Iterator[Path]:
    for part in CODE:
        path = root / part
        if path.is_dir():
            yield from path.rglob("*.py")
        else:
            yield path


def _passes_a_second_shell(command: Sequence[str]) -> bool:
    programs = {re.split(r"[\\/]", word)[-1].lower().removesuffix(".exe") for word in command}
    if programs.isdisjoint(PROGRAMS_WITH_A_SHELL_BEHIND):
        return False
    return "wsl" not in programs or WORDS_WITHOUT_A_SHELL.isdisjoint(command)
