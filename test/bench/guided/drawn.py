# SPDX-License-Identifier: GPL-3.0-or-later
"""The rivers and peaks of real land as a sketch, the land that is made of it, and how like the real it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.source import describe_source
from geogan.realism.comparison import Reference
from geogan.realism.flow import FilledTerrain, drainage_areas, fill_depressions
from geogan.realism.source_precision import guessed_precision
from osgeo import gdal, ogr
from scipy import ndimage

from ...harness.programs import Profile, run_qgis_process
from .ground import VOID, read
from .refined import root_mean_square

SEEDS = (0, 1, 2)
INTERPOLATED, OURS = "GDAL grid, linear", "geogan:sketch"
SIDE_PX = 512
RIVER_PX = 1024  # what drains through the beginning of a river
VERTEX_PX = 8  # between the vertices of a river
PEAK_PX = 20  # no higher land within so many pixels of a peak
WET_M = 1.0  # depth of water from which on a river counts as a lake

Line = list[tuple[int, int, float]]  # row, column, height


@dataclass(frozen=True)
class Drawn:
    """How one way did on the sketch of one landscape."""

    largest_miss: float  # of the sketched elevations, percent of the relief
    lakes: float  # share of the rivers' vertices under water, percent
    height_error: float  # root mean square, in metres
    slope: float  # mean, over that of the real land
    texture: float
    land: float


def drawings(dem: Path, pixel_size: float, folder: Path) -> dict[str, list[Drawn]]:
    """Return the results of each way by its name, one a seed where it has seeds; none if voids are wide."""
    real_path = write_middle(dem, pixel_size, folder)
    real = read(real_path)
    if np.isnan(real).any():
        return {}
    rivers, peaks = sketch_of(real)
    sketch = write_sketch(rivers, peaks, real_path, folder)
    reference = Reference([real], pixel_size, guessed_precision([real]))

    def drawn(path: Path) -> Drawn:
        made = read(path)
        slopes = [np.hypot(*np.gradient(each, pixel_size)) for each in (made, real)]
        compared = reference.compare([made])
        return Drawn(
            100.0 * largest_miss(made, [*rivers, *peaks]),
            100.0 * share_of_lakes(made, rivers),
            root_mean_square(made - real),
            float(slopes[0].mean() / slopes[1].mean()),
            compared.texture,
            compared.land,
        )

    profile = Profile.made_in(folder / "profile", worker=sys.executable)
    return {
        INTERPOLATED: [drawn(_interpolated(sketch, real_path, folder))],
        OURS: [drawn(make_land(profile, sketch, real_path, seed, folder)) for seed in SEEDS],
    }


def sketch_of(land: np.ndarray) -> tuple[list[Line], list[Line]]:
    """Return the rivers of land, each from its source to where it ends or joins another, and its peaks."""
    filled = fill_depressions(land)
    highest = ndimage.maximum_filter(land, 2 * PEAK_PX + 1)
    peaks = [[(int(r), int(c), float(land[r, c]))] for r, c in np.argwhere(land == highest)]
    return list(_rivers(filled)), peaks


def _rivers(filled: FilledTerrain) -> Iterator[Line]:
    areas = drainage_areas(filled).ravel()
    receivers, heights, cols = filled.receivers, filled.heights.ravel(), filled.heights.shape[1]
    is_river = areas >= RIVER_PX
    upstream = np.bincount(receivers[is_river], minlength=len(areas) + 1)[:-1]
    sources = np.flatnonzero(is_river & (upstream == 0))
    drawn = np.zeros(len(areas), bool)
    for source in sources[np.argsort(-heights[sources], kind="stable")].tolist():
        way = [source]
        while not drawn[way[-1]] and receivers[way[-1]] < len(areas):
            drawn[way[-1]] = True
            way.append(int(receivers[way[-1]]))
        chosen = [cell for i, cell in enumerate(way[:-1]) if i % VERTEX_PX == 0 or upstream[cell] > 1]
        chosen.append(way[-1])
        if len(way) > VERTEX_PX:
            yield [(cell // cols, cell % cols, float(heights[cell])) for cell in chosen]


def largest_miss(made: np.ndarray, lines: list[Line]) -> float:
    """Return by how much of the relief the land misses the heights of vertices at most."""
    off = [abs(made[row, col] - height) for line in lines for row, col, height in line]
    return float(max(off) / np.ptp(made))


def share_of_lakes(made: np.ndarray, rivers: list[Line]) -> float:
    """Return the share of the rivers' pixels, between their vertices as well, that stand under water."""
    depths = fill_depressions(made).heights - made
    return float(np.mean([depths[pixel] > WET_M for river in rivers for pixel in pixels_along(river)]))


def pixels_along(line: Line) -> set[tuple[int, int]]:
    """Return the pixels that a line passes, one for each row or column that it crosses."""
    passed = {line[0][:2]}
    for (row, col, _), (next_row, next_col, _) in zip(line, line[1:]):
        count = 1 + max(abs(next_row - row), abs(next_col - col))
        rows, cols = (
            np.rint(np.linspace(*ends, count)).astype(int) for ends in ((row, next_row), (col, next_col))
        )
        passed |= set(zip(rows.tolist(), cols.tolist()))
    return passed


def write_middle(dem: Path, pixel_size: float, folder: Path) -> Path:
    """Write the middle of a DEM on the pixels of the world's lattice, voids interpolated."""
    (area,) = align([describe_source(str(dem), dem.stem)], pixel_size)
    path = folder / "middle.tif"
    whole = gdal.Warp(
        "",
        str(dem),
        format="VRT",
        dstSRS=area.crs_wkt,
        xRes=pixel_size,
        yRes=pixel_size,
        targetAlignedPixels=True,
        resampleAlg="cubic",
        outputType=gdal.GDT_Float32,
        dstNodata=VOID,
    )
    corner = [(size - SIDE_PX) // 2 for size in (whole.RasterXSize, whole.RasterYSize)]
    gdal.Translate(str(path), whole, srcWin=[*corner, SIDE_PX, SIDE_PX])
    dataset = gdal.Open(str(path), gdal.GA_Update)
    gdal.FillNodata(dataset.GetRasterBand(1), None, 100, 0)
    return path


def write_sketch(rivers: list[Line], peaks: list[Line], like: Path, folder: Path) -> Path:
    """Write a GeoPackage with the layers `lines` and `points`, with Z values and a field `kind`."""
    path, raster = folder / "sketch.gpkg", gdal.Open(str(like))
    x, size, _, y, _, _ = raster.GetGeoTransform()
    file = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    for name, kind, geometry, lines in (
        ("lines", "river", ogr.wkbLineString25D, rivers),
        ("points", "peak", ogr.wkbPoint25D, peaks),
    ):
        layer = file.CreateLayer(name, raster.GetSpatialRef(), geometry)
        layer.CreateField(ogr.FieldDefn("kind", ogr.OFTString))
        for line in lines:
            shape = ogr.Geometry(geometry)
            for row, col, height in line:
                shape.AddPoint(x + (col + 0.5) * size, y - (row + 0.5) * size, height)
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetField("kind", kind)
            feature.SetGeometry(shape)
            layer.CreateFeature(feature)
    return path


def _interpolated(sketch: Path, like: Path, folder: Path) -> Path:
    """Return linear interpolation between all vertices, beyond them the nearest."""
    path, raster, file = folder / "grid.tif", gdal.Open(str(like)), ogr.Open(str(sketch))
    vertices = ogr.GetDriverByName("Memory").CreateDataSource("vertices")
    layer = vertices.CreateLayer("vertices", raster.GetSpatialRef(), ogr.wkbPoint25D)
    for name in ("lines", "points"):
        for feature in file.GetLayer(name):
            shape = feature.GetGeometryRef()
            for place in (shape.GetPoint(i) for i in range(shape.GetPointCount())):
                vertex = ogr.Feature(layer.GetLayerDefn())
                point = ogr.Geometry(ogr.wkbPoint25D)
                point.AddPoint(*place)
                vertex.SetGeometry(point)
                layer.CreateFeature(vertex)
    x, size, _, y, _, _ = raster.GetGeoTransform()
    gdal.Grid(
        str(path),
        gdal.OpenEx(_saved(vertices, folder)),
        algorithm="linear:radius=-1",
        outputBounds=(x, y, x + SIDE_PX * size, y - SIDE_PX * size),
        width=SIDE_PX,
        height=SIDE_PX,
        outputType=gdal.GDT_Float32,
    )
    return path


def _saved(vertices: ogr.DataSource, folder: Path) -> str:
    path = str(folder / "vertices.gpkg")
    ogr.GetDriverByName("GPKG").CopyDataSource(vertices, path)
    return path


def make_land(profile: Profile, sketch: Path, like: Path, seed: int, folder: Path) -> Path:
    path, raster = folder / f"drawn {seed}.tif", gdal.Open(str(like))
    x, size, _, y, _, _ = raster.GetGeoTransform()
    crs = f"EPSG:{raster.GetSpatialRef().GetAuthorityCode(None)}"
    asked = {
        "POINTS": f"{sketch}|layername=points",
        "POINTS_KIND": "kind",
        "LINES": f"{sketch}|layername=lines",
        "LINES_KIND": "kind",
        "EXTENT": f"{x},{x + SIDE_PX * size},{y - SIDE_PX * size},{y} [{crs}]",
        "CRS": crs,
        "SEED": seed,
        "OUTPUT": path,
    }
    run_qgis_process(profile, "geogan:sketch", asked)
    return path
