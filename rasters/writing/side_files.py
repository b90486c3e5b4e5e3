# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies beside a raster and describes it: NAME.tif.aux.xml and others."""

from __future__ import annotations

from pathlib import Path

# Where GDAL puts what no GeoTIFF can say, such as a CRS that only WKT 2 has words for.
_WRITTEN = ".aux.xml"
_SUFFIXES = (_WRITTEN, ".ovr", ".msk")


def move_beside(path: Path, to: Path) -> None:
    """Have what GDAL wrote beside a file that was moved lie beside it again; raises OSError."""
    beside = Path(f"{path}{_WRITTEN}")
    if beside.exists():
        beside.replace(f"{to}{_WRITTEN}")


def remove_beside(path: Path) -> None:
    """Remove what describes a file that is no longer there; raises OSError."""
    for suffix in _SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
