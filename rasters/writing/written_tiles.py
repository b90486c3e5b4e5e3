# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a GeoTIFF whose run broke off still holds what had been written of it."""

from __future__ import annotations

from collections.abc import Iterator

from osgeo import gdal

from .journal import Place


def holds_all(dataset: gdal.Dataset, place: Place, file_bytes: int, *, is_sparse: bool) -> bool:
    """Return whether the file knows of each tile that was written up to a place where in the file it lies.

    What is in them is not read: it was on the disk when the place was noted.

    Args:
        file_bytes: size of the file.
        is_sparse: whether tiles without land may be left out.
    """
    for number in range(1, place.band + 1):
        band = dataset.GetRasterBand(number)
        for tile in _tiles_before(band, number, place):
            offset, size = (
                band.GetMetadataItem(f"BLOCK_{what}_{tile}", "TIFF") for what in ("OFFSET", "SIZE")
            )
            is_there = is_sparse if offset is None else int(offset) + int(size) <= file_bytes
            if not is_there:
                return False
    return True


def _tiles_before(band: gdal.Band, number: int, place: Place) -> Iterator[str]:
    """Yield the tiles of a band that are written, each as COLUMN_ROW."""
    width, height = band.GetBlockSize()
    full_cols, rows, cols = band.XSize, 0, 0
    if number == place.band:
        full_cols, rows = place.col, place.row
        of_panel_px = place.pixels - ((number - 1) * band.XSize + place.col) * band.YSize
        cols = of_panel_px // rows if rows else 0
    for row in range(-(-band.YSize // height)):
        col_stop = full_cols + cols if row * height < rows else full_cols
        for col in range(-(-col_stop // width)):
            yield f"{col}_{row}"
