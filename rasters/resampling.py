# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a finished raster to another pixel size: always afterwards, never by another model lattice."""

from __future__ import annotations

import os
from collections.abc import Mapping

from osgeo import gdal

from .gdal_guard import gdal_checked
from .geotiff import NODATA
from .grid import Lattice
from .reporting import Log, Progress, part_of, report, silent
from .writer import TerrainWriter

# Of the time to resample and write, this share is spent before the overviews.
WRITING_SHARE = 0.8

CANNOT_RESAMPLE = "The raster {path} cannot be resampled: {reason}"


def resample(
    source_path: str | os.PathLike,
    output_path: str | os.PathLike,
    pixel_size: float,
    bounds: tuple[float, float, float, float],
    *,
    creation_options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    log: Log = silent,
) -> None:
    """Write the part of a raster within bounds at another pixel size, as TerrainWriter would.

    Finer pixels are interpolated (cubic), coarser ones averaged. The output lies on the lattice of its
    own pixel size, snapped outward, and keeps CRS, nodata, unit and tags; GEOGAN_LATTICE stays that of
    the model. Where the source does not reach, the output is nodata: give a source a few pixels larger.

    Args:
        pixel_size: of the output, in units of the source's CRS.
        bounds: xmin, ymin, xmax, ymax in that CRS.

    Raises:
        GeoGanError: the source cannot be read or the output cannot be written.
        Cancelled: `progress` returned False. In all cases nothing half-written is left.
    """
    lattice = Lattice(pixel_size)
    window = lattice.window_of(*bounds)
    with gdal_checked(CANNOT_RESAMPLE, path=source_path):
        source = gdal.Open(str(source_path))
        band = source.GetRasterBand(1)
        method = "cubic" if pixel_size < source.GetGeoTransform()[1] else "average"
        warped = gdal.Warp(
            "",
            source,
            format="VRT",
            outputBounds=lattice.bounds(window),
            width=window.width,
            height=window.height,
            resampleAlg=method,
            errorThreshold=0,
        )
    tags = {key: value for key, value in source.GetMetadata().items() if key.startswith("GEOGAN_")}
    tags["GEOGAN_RESAMPLED"] = f"{method} to {float(pixel_size)!r}"
    with TerrainWriter(
        output_path,
        window,
        lattice,
        source.GetProjection(),
        nodata=NODATA if band.GetNoDataValue() is None else band.GetNoDataValue(),
        tags=tags,
        creation_options=creation_options,
        unit=band.GetUnitType(),
        log=log,
    ) as writer:
        done_px = 0
        for piece in writer.pieces():
            with gdal_checked(CANNOT_RESAMPLE, path=source_path):
                values = warped.ReadAsArray(
                    piece.col - window.col, piece.row - window.row, piece.width, piece.height
                )
            writer.write(piece.row, piece.col, values)
            done_px += piece.width * piece.height
            report(part_of(progress, 0, WRITING_SHARE), done_px / (window.width * window.height))
        writer.close(part_of(progress, WRITING_SHARE, 1))
