# SPDX-License-Identifier: GPL-3.0-or-later
"""Sloping terrain, the grids it lies on, and what is read and told of its layers."""

from __future__ import annotations

import numpy as np
from osgeo import gdal

UTM_30M = (400_000, 30, 0, 5_000_000, 0, -30)
DEGREES = (14.0, 0.001, 0, 46.0, 0, -0.001)


def terrain(height=120, width=150, dtype=np.float32):
    rows, cols = np.mgrid[0:height, 0:width]
    return (1000 + 3 * rows + 2 * cols + 40 * np.sin(cols / 9)).astype(dtype)


def read(area):
    return gdal.Open(area.vrt).ReadAsArray()


class Journal(list):
    """A log that keeps its sentences."""

    def __call__(self, template, **values):
        self.append(template.format(**values))
