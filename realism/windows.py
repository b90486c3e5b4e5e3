# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows that lie evenly spread over fields of any number and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def spread_windows(
    fields: Sequence[np.ndarray], window_px: int, spacing_px: int, most: int
) -> Iterator[np.ndarray]:
    """Yield windows as views, `spacing_px` apart, further where there would be more than about `most`.

    A field that is smaller than the window along a side gives windows of its own length there.

    Args:
        fields: (rows, cols) each.
        window_px: side of the square windows.
        spacing_px: from the start of a window to that of the next; less than `window_px` lets them overlap.
        most: about how many windows there may be.
    """
    pixels = sum(field.size for field in fields)
    spacing = max(spacing_px, int(np.ceil(np.sqrt(pixels / most))))
    for field in fields:
        rows, cols = (min(length, window_px) for length in field.shape)
        for top in range(0, field.shape[0] - rows + 1, spacing):
            for left in range(0, field.shape[1] - cols + 1, spacing):
                yield field[top : top + rows, left : left + cols]
