# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing the file of a raster whose voids were filled: panel by panel, until it is cancelled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import Cancelled
from geogan.rasters.filling import filled
from geogan.rasters.filling.filled import write_filled
from geogan.test.unit.holed import VOID, hills
from osgeo import gdal


class Fractions(list):
    """A `progress` that keeps what it is told, and never says stop."""

    def __call__(self, fraction: float) -> bool:
        self.append(fraction)
        return True


@pytest.mark.parametrize("nodata", [VOID, None])
def test_a_wide_raster_is_written_panel_by_panel_and_is_the_same_file(
    void_raster, tmp_path, monkeypatch, nodata
):
    values = hills(700, 1300)
    values[300:400, 400:700] = VOID
    written = {}
    for panel_px in (2**16, 512):
        monkeypatch.setattr(filled, "_PANEL_PX", panel_px)
        raster = void_raster(values, nodata=nodata)
        raster.mark_nodata()
        raster.fill(raster.whole, np.full(values.shape, 7.0))
        fractions = Fractions()
        write_filled(tmp_path / "out.tif", raster, progress=fractions)
        assert fractions == sorted(fractions)
        dataset = gdal.Open(str(tmp_path / "out.tif"))
        band = dataset.GetRasterBand(1)
        levels = [band, *map(band.GetOverview, range(band.GetOverviewCount()))]
        written[panel_px] = [level.ReadAsArray() for level in levels]
    assert len(written[512]) > 1
    for wide, narrow in zip(*written.values()):
        np.testing.assert_array_equal(wide, narrow)


def test_a_cancel_leaves_nothing_and_an_older_file_as_it_was(void_raster, tmp_path):
    raster = void_raster()
    raster.mark_nodata()
    raster.fill(raster.whole, hills())
    (tmp_path / "out.tif").write_text("older")
    with pytest.raises(Cancelled):
        write_filled(tmp_path / "out.tif", raster, progress=lambda fraction: False)
    assert (tmp_path / "out.tif").read_text() == "older"
    assert not list(tmp_path.glob("*.partial"))


MEASURED = """
import os, runpy, sys
from pathlib import Path

runpy.run_path(sys.argv[1])
import numpy as np
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.filling.surroundings import rim_of, surroundings_of, tile_side
from geogan.rasters.gdal_guard import capped_block_cache
from geogan.rasters.reading.source import describe_source
from geogan.rasters.filling.voids import VoidRaster
from geogan.test.harness.processes import Process

process = Process(os.getpid())
source, before = describe_source(sys.argv[2], "wide"), process.peak_memory_mb
with capped_block_cache():
    raster = VoidRaster(source, Path(sys.argv[3]))
    raster.mark_nodata()
    for tile in raster.tiles(tile_side(source, 90.0)):
        surroundings_of(raster, rim_of(raster, tile), 90.0, 16)
        raster.fill(tile, np.zeros((tile.height, tile.width)))
    write_filled(Path(sys.argv[3]) / "out.tif", raster)
print(raster.marked_px, process.peak_memory_mb - before)
"""


def test_a_raster_is_filled_in_less_memory_than_it_would_take(tmp_path):
    side, path = 8000, tmp_path / "wide.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), side, side, 1, gdal.GDT_Float32, ["TILED=YES"])
    dataset.SetProjection("EPSG:32633")
    dataset.SetGeoTransform((500_000, 1, 0, 4_000_000, 0, -1))
    dataset.GetRasterBand(1).SetNoDataValue(VOID)
    dataset.GetRasterBand(1).Fill(700.0)
    for corner in range(100, 5900, 450):
        dataset.GetRasterBand(1).WriteArray(np.full((60, 60), VOID, np.float32), corner, (7 * corner) % 5900)
    dataset = None
    conftest = Path(__file__).parents[1] / "conftest.py"
    command = [sys.executable, "-c", MEASURED, str(conftest), str(path), str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    marked, growth_mb = map(float, printed.split())
    assert marked == 13 * 60 * 60
    assert growth_mb < side * side * 4 / 2**20
