# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a window is generated and written, so that memory does not grow with the extent.

A window is cut into full-height panels, and a panel into the canonical blocks that touch it:

    | panel        | panel        | pa |      Panels are counted from the window's left edge, that is, on
    |--+-----+-----|-+-----+----+-|---+|      the tile columns of the file. Blocks are aligned to the
    |1 |  2  |  3  |7|  8  |  9 |1|...||      world and are cropped to the panel, so one on a panel's
    |--+-----+-----|-+-----+----+-|---+|      border is visited once for each side.
    |4 |  5  |  6  | |     |    | |   ||
"""

from __future__ import annotations

from collections.abc import Iterator

from ..grid import Window, align_down

# The network is always evaluated on blocks of this size, whatever was asked for, and then cropped.
BLOCK_PX = 512

# A multiple of every usual tile width (a power of two), so panels never share a tile of the file.
# Open rows of a panel take PANEL_PX * (BLOCK_PX + 256) * 4 bytes = 25 MB.
PANEL_PX = 8_192


def panels(window: Window, max_width: int = PANEL_PX) -> Iterator[Window]:
    """Yield the full-height panels of the window from left to right, each at most `max_width` wide."""
    for col in range(window.col, window.col_stop, max_width):
        yield Window(window.row, col, window.height, min(max_width, window.col_stop - col))


def block_order(window: Window, block: int = BLOCK_PX, panel_width: int = PANEL_PX) -> Iterator[Window]:
    """Yield the pieces of the window in the order of work; together they cover each pixel once.

    A piece lies in one canonical block, `canonical_block(piece)`, and in one panel.
    """
    for panel in panels(window, panel_width):
        for canonical in panel.blocks(block):
            piece = canonical.intersection(panel)
            if piece is not None:
                yield piece


def canonical_block(piece: Window, block: int = BLOCK_PX) -> Window:
    """Return the canonical block that a piece was cropped from."""
    return Window(align_down(piece.row, block), align_down(piece.col, block), block, block)
