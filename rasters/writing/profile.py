# SPDX-License-Identifier: GPL-3.0-or-later
"""What an output raster is: its size, its place, its tags, and which overviews it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from osgeo import gdal

# Below the deepest sea floor (-10 935 m), so that no elevation in metres meets it, and a whole number
# that float32, int16 and text keep exactly. Known as the void of SRTM.
NODATA = -32768.0

# Overviews are added until the smallest one is below this.
SMALLEST_OVERVIEW_PX = 512


@dataclass(frozen=True)
class Profile:
    """What a GeoTIFF is.

    Attributes:
        width, height: in pixels.
        geotransform: GDAL's six numbers.
        crs_wkt: the CRS, as WKT or AUTHORITY:CODE.
        tags: dataset metadata.
        creation_options: of GDAL's GTiff driver; each overrides its default.
        nodata: declared nodata value, if any.
        unit: of the values.
        bands: their names.
        data_type: of the bands, by GDAL's name.
        scale, offset: value = what is stored * scale + offset.
    """

    width: int
    height: int
    geotransform: tuple[float, ...]
    crs_wkt: str
    tags: Mapping[str, str] = field(default_factory=dict)
    creation_options: Mapping[str, str] | None = None
    nodata: float | None = NODATA
    unit: str = "m"
    bands: tuple[str, ...] = ("elevation",)
    data_type: str = "Float32"
    scale: float = 1.0
    offset: float = 0.0

    @property
    def pixels(self) -> int:
        """How many pixels all bands have."""
        return self.width * self.height * len(self.bands)

    @property
    def uncompressed_bytes(self) -> int:
        """Size of the pixels."""
        return self.pixels * gdal.GetDataTypeSize(gdal.GetDataTypeByName(self.data_type)) // 8


def overview_factors(width: int, height: int) -> list[int]:
    """Return the powers of two that take the longer side below 512 px, finest first.

    >>> overview_factors(511, 10), overview_factors(512, 10), overview_factors(4000, 3000)
    ([], [2], [2, 4, 8])
    """
    factors = []
    factor = 1
    while max(width, height) / factor >= SMALLEST_OVERVIEW_PX:
        factor *= 2
        factors.append(factor)
    return factors
