# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment that QGIS's children get: QGIS's own, without what breaks another Python."""

from __future__ import annotations

import os
from collections.abc import Mapping

# QGIS for Windows and macOS points these at its own Python, GDAL, PROJ and Qt. A foreign interpreter then
# loads QGIS's modules or data of another version, or does not start at all (PYTHONHOME).
DROPPED_PREFIXES = (
    "PYTHON", "__PYVENV", "VIRTUAL_ENV", "LD_", "DYLD_", "PYQGIS", "QGIS", "O4W_", "OSGEO4W_", "QT_",
    "GIS", "GRASS_", "GDAL_", "OGR_", "CPL_", "VSI_", "PROJ_", "GEOTIFF_", "TCL_LIBRARY", "TK_LIBRARY",
)  # fmt: skip

# LD_LIBRARY_PATH is in two minds: QGIS's start scripts put their own libraries there (a second protobuf
# aborts TensorFlow), but users of a system-wide CUDA need its folders. So only folders that are NVIDIA's by
# name stay. Who needs another one can name it in the command: GEOGAN_WORKER="env LD_LIBRARY_PATH=/folder
# /path/to/python".
LIBRARY_PATH = "LD_LIBRARY_PATH"
NVIDIA_FOLDERS = ("cuda", "cudnn", "nvidia", "tensorrt", "/wsl/lib")

# pip would put packages beside the environment, or refuse to work.
PIP_REDIRECTIONS = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV")


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of `environ` fit for another Python: PATH, HOME, LANG, SSH_*, CUDA_* and TF_* stay."""
    kept = {name: value for name, value in environ.items() if not _is_dropped(name)}
    libraries = _nvidia_folders(environ.get(LIBRARY_PATH, ""))
    if libraries:
        kept[LIBRARY_PATH] = libraries
    return kept


def _is_dropped(name: str) -> bool:
    # Windows does not tell the case of a variable's name.
    return name.upper().startswith(DROPPED_PREFIXES) or name.upper() in PIP_REDIRECTIONS


def _nvidia_folders(library_path: str) -> str:
    folders = [folder for folder in library_path.split(os.pathsep) if folder.startswith("/")]
    return os.pathsep.join(
        folder for folder in folders if any(part in folder.lower() for part in NVIDIA_FOLDERS)
    )
