# SPDX-License-Identifier: GPL-3.0-or-later
"""Several lands along one coarse guide: what the guide leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal

from ...harness.programs import Profile, run_qgis_process


def ensemble(
    profile: Profile, guide: Path, like: Path, crop: tuple[slice, slice], folder: Path, **asked: Any
) -> np.ndarray:
    """Return what *Generate synthetic terrain* makes along a guide, on a crop of another raster's pixels.

    These have to be pixels of generated land. The guide has to be without voids.

    Args:
        asked: further parameters, REALISATIONS and SPREAD among them.

    Returns:
        float64 (bands, rows, cols).
    """
    rows, cols = crop
    dataset = gdal.Open(str(like))
    x, size, _, y, _, _ = dataset.GetGeoTransform()
    crs = f"EPSG:{dataset.GetSpatialRef().GetAuthorityCode(None)}"
    bounds = x + cols.start * size, x + cols.stop * size, y - rows.stop * size, y - rows.start * size
    place = {"EXTENT": f"{','.join(map(repr, bounds))} [{crs}]", "CRS": crs, "GUIDE": guide}
    output = folder / "ensemble.tif"
    run_qgis_process(profile, "geogan:generate", {**place, **asked, "OUTPUT": output})
    return gdal.Open(str(output)).ReadAsArray().astype(np.float64)
