# SPDX-License-Identifier: GPL-3.0-or-later
"""The first thing that runs in the worker: its text is sent over the pipe, see `archive.bootstrap_bytes`.

It guards the pipe, looks whether this Python will do, takes the code archive from the pipe and hands over to
`server.main`. Nothing is written on the far side.

Any Python 3 must be able to read this file, so that an old one can say in a sentence that it is too old: no
annotations, no f-strings, no imports of newer modules before the check.
"""

import importlib.abc
import importlib.util
import io
import json
import os
import sys
import zipfile

OLDEST_PYTHON = (3, 10)
NEEDED = (
    ("numpy", "NumPy"),
    ("tensorflow", "TensorFlow"),
    ("scipy", "SciPy"),
    ("safetensors", "safetensors"),
)

TOO_OLD = (
    "The worker's Python ({python}) is version {version}; GeoGAN's worker needs 3.10 to 3.13. "
    'Run "Set up GeoGAN" from the Processing Toolbox.'
)
MISSING = (
    "The worker's Python ({python}, version {version}) lacks {missing}. "
    'Run "Set up GeoGAN" from the Processing Toolbox.'
)
BROKEN = (
    "The worker's Python ({python}, version {version}) cannot load what GeoGAN needs: {reason}. "
    'Run "Set up GeoGAN" from the Processing Toolbox.'
)
OUT_OF_MEMORY = (
    "The worker ran out of memory while it started ({reason}). Close other programs, then try again."
)


def boot(requests):
    """Become the worker. `requests` is the pipe from QGIS, already past this text."""
    replies = keep_pipe_to_ourselves()
    lack = find_lack()
    if lack:
        send_error(replies, *lack)
        return
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.meta_path.insert(0, ArchiveImporter(requests.read(int(requests.readline()))))
    try:
        server = importlib.import_module("geogan.worker.server")
    except (ImportError, MemoryError) as error:  # a package that is there, but damaged; or full memory
        is_full = isinstance(error, MemoryError) or "Cannot allocate memory" in str(error)
        reason = {"reason": str(error) or type(error).__name__}
        send_error(replies, OUT_OF_MEMORY if is_full else BROKEN, reason, is_full)
        return
    server.main(requests, replies)


def keep_pipe_to_ourselves():
    """Return the pipe to QGIS. From now on libraries print to stderr, from C too, and read an empty input."""
    replies = io.BufferedWriter(io.FileIO(os.dup(1), "w"))
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return replies


def find_lack():
    """Return (sentence, values) for what this Python lacks, or None. Packages are looked up, not imported."""
    if sys.version_info < OLDEST_PYTHON:
        return TOO_OLD, {}
    missing = [title for name, title in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return MISSING, {"missing": ", ".join(missing)}
    return None


def send_error(replies, template, values, is_transient=False):
    """Send an `error` frame by hand: `protocol` needs NumPy, which may be what is missing."""
    values = dict(values, python=sys.executable, version=".".join(map(str, sys.version_info[:3])))
    message = {"type": "error", "template": template, "values": values, "detail": "", "arrays": []}
    message["is_transient"] = is_transient
    replies.write(json.dumps(message).encode() + b"\n")
    replies.flush()


class ArchiveImporter(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Imports the package `geogan` from a zip in memory.

    Hands the source to who asks for it, so that tracebacks show lines and tf.function can read its functions.
    """

    def __init__(self, archive):
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            self.files = {name: files.read(name) for name in files.namelist()}

    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002 - importlib's signature
        """Return how to import `fullname`, or None to leave it to the other finders."""
        if self._path(fullname) is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=self.get_filename(fullname))

    def get_filename(self, fullname):
        """Return the path that tracebacks show."""
        return "geogan-worker/" + self._path(fullname)

    def get_source(self, fullname):
        """Return the text; importlib compiles it and runs it."""
        return importlib.util.decode_source(self.files[self._path(fullname)])

    def is_package(self, fullname):
        """Whether `fullname` is a folder of the archive."""
        return self._path(fullname).endswith("__init__.py")

    def _path(self, fullname):
        stem = fullname.replace(".", "/")
        for path in (stem + "/__init__.py", stem + ".py"):
            if path in self.files:
                return path
        return None
