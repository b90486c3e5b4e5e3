# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster as its layer's properties have it: in the CRS, and with the nodata, that the user set there.

A VRT says so, and no pixel is copied: what the user named as nodata is hidden by a mask beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np
from osgeo import gdal

from ..gdal_guard import gdal_checked
from ..grid import Window
from ..reporting import Progress, report
from .source import CANNOT_OPEN, CANNOT_READ, open_raster

CANNOT_MASK = "The mask of layer {layer} cannot be written to the temporary folder: {reason}"

_BLOCK_PX = 1024
_MASK_OPTIONS = ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"]


class Values(NamedTuple):
    """A range of values, as scale and offset make them; its ends may be infinite."""

    low: float
    high: float
    holds_low: bool = True
    holds_high: bool = True


@dataclass(frozen=True)
class Properties:
    """What a layer says otherwise than its file; bands count from 1.

    Attributes:
        crs_wkt: its CRS, "" for none; None where it is the file's.
        open_options: as GDAL takes them.
        without_nodata: bands whose declared nodata value is data.
        named: of each band, values that are nodata beside the declared one.
    """

    crs_wkt: str | None = None
    open_options: tuple[str, ...] = ()
    without_nodata: tuple[int, ...] = ()
    named: Mapping[int, Sequence[Values]] = field(default_factory=dict)


def are_among(raw: np.ndarray, scale: float, offset: float, named: Sequence[Values]) -> np.ndarray:
    """Return which raw values are named, once they are raw * scale + offset: bool of the same shape."""
    shown = raw.astype(np.float64)
    if (scale, offset) != (1.0, 0.0):
        shown = shown * scale + offset
        if raw.dtype != np.float64:  # QGIS, where the user read the number, holds them so
            shown = shown.astype(np.float32).astype(np.float64)
    found = np.zeros(raw.shape, bool)
    for low, high, holds_low, holds_high in named:
        is_above = shown >= low if holds_low else shown > low
        found |= is_above & (shown <= high if holds_high else shown < high)
    return found


def write_as_shown(
    path: str, properties: Properties, vrt: Path, name: str, progress: Progress | None = None
) -> None:
    """Write a VRT of a raster, and masks beside it where values are named.

    Args:
        progress: called now and then, to hear whether to stop; its fraction says nothing.

    Raises:
        GeoGanError: the raster cannot be read, or the files not written. The sentence names the layer.
        Cancelled: `progress` returned False.
    """
    original = open_raster(path, name, properties.open_options)
    if not properties.named:
        _vrt_of(original, properties, str(vrt), name).FlushCache()
        return
    shown = _vrt_of(original, properties, "", name)
    dataset = _vrt_of(original, properties, str(vrt), name, maskBand="none")
    for number in range(1, shown.RasterCount + 1):
        band, named = shown.GetRasterBand(number), properties.named.get(number, ())
        if named or band.GetMaskFlags() & gdal.GMF_PER_DATASET:  # of a VRT, each band has its own, or none
            mask = vrt.with_name(f"{vrt.stem}_{number}.tif")
            _write_mask(band, named, mask, name, progress)
            _hide(dataset.GetRasterBand(number), mask, name)
    with gdal_checked(CANNOT_OPEN, layer=name):
        dataset.FlushCache()


def _vrt_of(
    original: gdal.Dataset, properties: Properties, vrt: str, name: str, **options: str
) -> gdal.Dataset:
    with gdal_checked(CANNOT_OPEN, layer=name):
        dataset = gdal.Translate(vrt, original, format="VRT", **options)
        if properties.crs_wkt is not None:
            dataset.SetProjection(properties.crs_wkt)
        for band in properties.without_nodata:
            dataset.GetRasterBand(band).DeleteNoDataValue()
        return dataset


def _hide(band: gdal.Band, mask: Path, name: str) -> None:
    """Have a band of a VRT masked by a file."""
    file = f"<SourceFilename>{escape(str(mask))}</SourceFilename><SourceBand>1</SourceBand>"
    with gdal_checked(CANNOT_OPEN, layer=name):
        band.CreateMaskBand(0)
        band.GetMaskBand().SetMetadataItem(
            "source_0", f"<SimpleSource>{file}</SimpleSource>", "new_vrt_sources"
        )


def _write_mask(
    band: gdal.Band, named: Sequence[Values], path: Path, name: str, progress: Progress | None
) -> None:
    """Write what of a band is data: 255 where it is by itself, and is none of the values named."""
    whole = Window(0, 0, band.YSize, band.XSize)
    scale, offset = (1.0 if band.GetScale() is None else band.GetScale()), band.GetOffset() or 0.0
    with gdal_checked(CANNOT_MASK, layer=name):
        driver = gdal.GetDriverByName("GTiff")
        file = driver.Create(str(path), whole.width, whole.height, 1, gdal.GDT_Byte, options=_MASK_OPTIONS)
    try:
        for block in whole.blocks(_BLOCK_PX):
            report(progress, 0.0)
            part = block.intersection(whole)
            place = part.col, part.row, part.width, part.height
            with gdal_checked(CANNOT_READ, layer=name):
                is_data = band.GetMaskBand().ReadAsArray(*place) != 0
                is_data &= ~are_among(band.ReadAsArray(*place), scale, offset, named)
            with gdal_checked(CANNOT_MASK, layer=name):
                file.GetRasterBand(1).WriteArray(255 * is_data.astype(np.uint8), part.col, part.row)
        with gdal_checked(CANNOT_MASK, layer=name):
            file.FlushCache()
    finally:
        del file  # else the traceback of a cancel keeps it open, and Windows won't delete it
