# SPDX-License-Identifier: GPL-3.0-or-later
"""Hills with voids, for the tests of what fills them."""

from __future__ import annotations

import numpy as np

VOID = -32768
UPRIGHT = (500_030.0, 90.0, 0, 4_000_050.0, 0, -90.0)


def hills(height=60, width=70, dtype=np.int16):
    rows, cols = np.mgrid[0:height, 0:width]
    return np.rint(800 + 5 * rows + 60 * np.sin(cols / 3)).astype(dtype)


def with_voids(values=None, void=VOID):
    values = hills() if values is None else values
    values[20:30, 40:55] = void
    values[5, 5] = void
    return values
