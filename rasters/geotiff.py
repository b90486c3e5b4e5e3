# SPDX-License-Identifier: GPL-3.0-or-later
"""A GeoTIFF that appears under its name only when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

from ..errors import GeoGanError
from .crs import read_crs
from .gdal_guard import capped_block_cache, gdal_checked
from .reporting import GdalProgress, Log, Progress, silent
from .statistics import RunningStatistics

# Below the deepest sea floor (-10 935 m), so that no elevation in metres meets it, and a whole number
# that float32, int16 and text keep exactly. Known as the void of SRTM.
NODATA = -32768.0

# IF_SAFER makes a BigTIFF from 2 GB of uncompressed pixels on. The overviews add a third and Deflate
# never adds a percent, so a classic TIFF stays below its 4 GB. Predictor 3 is the one for floats.
DEFAULT_OPTIONS: Mapping[str, str] = {
    "TILED": "YES",
    "BLOCKXSIZE": "256",
    "BLOCKYSIZE": "256",
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "3",
    "BIGTIFF": "IF_SAFER",
    # Compression beside the worker, which wants the cores for itself.
    "NUM_THREADS": str(min(4, os.cpu_count() or 1)),
}

COMPRESSIONS_WITH_PREDICTOR = ("DEFLATE", "LZW", "ZSTD")

# Overviews are added until the smallest one is below this.
SMALLEST_OVERVIEW_PX = 512

# Generated relief compresses to about half. A twentieth is out of reach of every lossless codec.
BEST_COMPRESSION = 1 / 20

# Less free space than this after a failed write means that the disk is full.
FULL_DISK_BYTES = 2**20


@dataclass(frozen=True)
class Profile:
    """What a GeoTIFF of one float32 band is.

    Attributes:
        width, height: in pixels.
        geotransform: GDAL's six numbers.
        crs_wkt: the CRS, as WKT or AUTHORITY:CODE.
        tags: dataset metadata.
        creation_options: of GDAL's GTiff driver; each overrides its default.
        nodata: declared nodata value.
        unit: of the values.
        description: name of the band.
    """

    width: int
    height: int
    geotransform: tuple[float, ...]
    crs_wkt: str
    tags: Mapping[str, str] = field(default_factory=dict)
    creation_options: Mapping[str, str] | None = None
    nodata: float = NODATA
    unit: str = "m"
    description: str = "elevation"

    @property
    def uncompressed_bytes(self) -> int:
        """Size of the pixels as float32."""
        return 4 * self.width * self.height


class PartialGeoTiff:
    """A GeoTIFF being written as PATH.partial, which becomes PATH in `finish` or is removed in `abandon`.

    Raises:
        GeoGanError: the folder does not exist or cannot be written, the disk is certainly too small, the
            CRS is not known, or GDAL refuses the creation options. Nothing is left behind.
    """

    def __init__(self, path: str | os.PathLike, profile: Profile, log: Log = silent) -> None:
        self.path = Path(path)
        self._partial = Path(f"{self.path}.partial")
        self._statistics = RunningStatistics()
        self._nodata = np.float32(profile.nodata)
        self._dataset = None
        self._settings = ExitStack()
        options = merged_options(profile.creation_options)
        check_space(self.path.parent, profile.uncompressed_bytes, options, log)
        srs = read_crs(profile.crs_wkt)
        self._claim()
        try:
            self._settings.enter_context(capped_block_cache())
            with self._checked():
                self._create(profile, srs, options)
        except BaseException:
            self.abandon()
            raise

    def _claim(self) -> None:
        """Make the empty partial file: the one sure test that the folder can be written."""
        if self.path.is_dir():
            raise GeoGanError("The output {path} is a folder. Choose the name of a file.", path=self.path)
        try:
            self._partial.open("wb").close()
        except OSError as error:
            raise GeoGanError(
                "The folder {folder} cannot be written: {reason}. Choose another place for the output.",
                folder=self.path.parent,
                reason=error.strerror or error,
            ) from error

    def _create(self, profile: Profile, srs: osr.SpatialReference, options: Mapping[str, str]) -> None:
        self._dataset = gdal.GetDriverByName("GTiff").Create(
            str(self._partial),
            profile.width,
            profile.height,
            1,
            gdal.GDT_Float32,
            options=[f"{key}={value}" for key, value in options.items()],
        )
        self._dataset.SetGeoTransform(profile.geotransform)
        self._dataset.SetProjection(srs.ExportToWkt())
        self._dataset.SetMetadata({"AREA_OR_POINT": "Area", **profile.tags})
        band = self._dataset.GetRasterBand(1)
        band.SetNoDataValue(profile.nodata)
        band.SetUnitType(profile.unit)
        band.SetDescription(profile.description)

    @property
    def tile_height(self) -> int:
        """Rows of one row of tiles (in a file without tiles: of one strip)."""
        return self._dataset.GetRasterBand(1).GetBlockSize()[1]

    def write(self, row: int, col: int, values: np.ndarray) -> None:
        """Write float32 [H, W] at a row and column of the file, through to the disk; NaN becomes nodata."""
        void = np.isnan(values) | (values == self._nodata)
        if void.any():
            self._statistics.add(values[~void])
            values = np.where(void, self._nodata, values)
        else:
            self._statistics.add(values)
        with self._checked():
            self._dataset.GetRasterBand(1).WriteArray(values, col, row)
            self._dataset.FlushCache()

    def finish(self, progress: Progress | None = None) -> None:
        """Add statistics and overviews, close the file and give it its name.

        Raises:
            GeoGanError: something cannot be written. Cancelled: `progress` returned False.
            In both cases nothing is left, and an older file of that name is as it was.
        """
        try:
            self._store_statistics()
            self._build_overviews(progress)
            with self._checked():
                self._dataset.FlushCache()
            self._close()
            self._put_in_place()
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Remove the partial file. Safe to call again, and after `finish`, where it does nothing."""
        try:
            self._close()
        except GeoGanError:
            # Whatever could not be written while closing is about to be removed.
            self._dataset = None
        self._partial.unlink(missing_ok=True)

    def _store_statistics(self) -> None:
        if self._statistics.count == 0:
            return
        with self._checked():
            self._dataset.GetRasterBand(1).SetStatistics(
                self._statistics.minimum,
                self._statistics.maximum,
                self._statistics.mean,
                self._statistics.deviation,
            )

    def _build_overviews(self, progress: Progress | None) -> None:
        factors = overview_factors(self._dataset.RasterXSize, self._dataset.RasterYSize)
        callback = GdalProgress(progress)
        try:
            with self._checked():
                if factors:
                    self._dataset.BuildOverviews("AVERAGE", factors, callback=callback)
        finally:
            callback.raise_if_stopped()

    def _close(self) -> None:
        with self._settings, self._checked():
            dataset, self._dataset = self._dataset, None
            if hasattr(dataset, "Close"):  # GDAL 3.8; before, dropping the last reference closes the file
                dataset.Close()
            del dataset

    def _put_in_place(self) -> None:
        try:
            self._partial.replace(self.path)
            for suffix in (".aux.xml", ".ovr", ".msk"):
                # They described the older file of this name.
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        except OSError as error:
            raise GeoGanError(
                "The output {path} cannot be replaced: {reason}. Remove its layer from the project, "
                "or choose another name.",
                path=self.path,
                reason=error.strerror or error,
            ) from error

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Turn a failed GDAL call into a sentence, and name the disk where that is full."""
        try:
            with gdal_checked("The output {path} cannot be written: {reason}", path=self.path):
                yield
        except GeoGanError as error:
            if shutil.disk_usage(self.path.parent).free < FULL_DISK_BYTES:
                raise GeoGanError(
                    "The disk of {path} is full. Make room, or choose another place for the output.",
                    path=self.path,
                ) from error
            raise


def merged_options(user: Mapping[str, str] | None) -> dict[str, str]:
    """Return the creation options: the user's over the defaults, whatever their case.

    >>> merged_options({"compress": "lzw"})["COMPRESS"]
    'lzw'
    """
    chosen = {key.upper(): str(value) for key, value in (user or {}).items()}
    merged = {**DEFAULT_OPTIONS, **chosen}
    if "PREDICTOR" not in chosen and merged["COMPRESS"].upper() not in COMPRESSIONS_WITH_PREDICTOR:
        del merged["PREDICTOR"]
    if "TILED" in chosen and chosen["TILED"].upper() in ("NO", "FALSE", "OFF"):
        # In strips, these would make strips 256 rows high, or be refused.
        for key in ("BLOCKXSIZE", "BLOCKYSIZE"):
            if key not in chosen:
                del merged[key]
    return merged


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


def check_space(folder: Path, uncompressed_bytes: int, options: Mapping[str, str], log: Log) -> None:
    """Refuse a folder that is not there or certainly too full; log where it is only likely to fill up."""
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise GeoGanError(
            "The folder {folder} does not exist. Choose another place for the output.", folder=folder
        ) from error
    is_compressed = options["COMPRESS"].upper() != "NONE"
    least_bytes = uncompressed_bytes * (BEST_COMPRESSION if is_compressed else 1)
    if free_bytes < least_bytes:
        raise GeoGanError(
            "The disk of {folder} has {free} MB free, but the output needs at least {needed} MB. "
            "Choose another place or a smaller extent.",
            folder=folder,
            free=free_bytes // 10**6,
            needed=int(least_bytes) // 10**6,
        )
    if free_bytes < uncompressed_bytes:
        log(
            "The disk of {folder} has {free} MB free; the output takes up to {needed} MB.",
            folder=folder,
            free=free_bytes // 10**6,
            needed=uncompressed_bytes // 10**6,
        )
