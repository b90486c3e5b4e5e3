# SPDX-License-Identifier: GPL-3.0-or-later
"""How the figures of a comparison look: their size, type and colours, their key, and the way to PNG."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

WIDTH_PX = 760  # as shown; the pictures have twice as many pixels, for screens with small ones
_DPI = 100  # as shown
_SHARPNESS = 2

REAL, SYNTHETIC, NOISE, QUARTERS = "real", "synthetic", "noise", "quarters"

# Okabe & Ito (2008): told apart by the colour-blind, and in grey by their lightness.
COLOURS = {REAL: "#000000", SYNTHETIC: "#d55e00", NOISE: "#56b4e9", QUARTERS: "#d9d9d9"}
LINE_WIDTHS = {REAL: 1.6, SYNTHETIC: 1.6, NOISE: 1.1}
INK, FRAME = "#333333", "#999999"

#: A decorator: what it decorates draws in this style, whatever matplotlib is set to.
in_style = rc_context(
    {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib
        "font.size": 8.0,
        "text.color": INK,
        "text.usetex": False,
        "axes.labelcolor": INK,
        "axes.edgecolor": FRAME,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": FRAME,
        "ytick.color": FRAME,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
    }
)


def new_figure(height_px: int) -> Figure:
    """Return an empty figure, WIDTH_PX wide as shown."""
    size = (WIDTH_PX / _DPI, height_px / _DPI)
    return Figure(figsize=size, dpi=_DPI * _SHARPNESS, facecolor="white")


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Return new axes whose frame lies there, in pixels as shown, counted from the upper left corner."""
    across, down = figure.get_size_inches() * _DPI
    return figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))


def write_key(figure: Figure, labels: Mapping[str, str], names: Iterable[str]) -> None:
    """Say in one line above the axes what each colour is."""
    handles = [
        Patch(color=COLOURS[name], label=labels[name])
        if name == QUARTERS
        else Line2D([], [], color=COLOURS[name], lw=LINE_WIDTHS[name] + 1, label=labels[name])
        for name in names
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        ncol=len(handles),
        frameon=False,
        handlelength=1.8,
        columnspacing=2.0,
    )


def length(metres: float, labels: Mapping[str, str]) -> str:
    """Return a length for people: "250 m", "1.5 km"."""
    if metres >= 1000:
        return labels["km"].format(length=f"{metres / 1000:.3g}")
    return labels["m"].format(length=f"{metres:.3g}")


def png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG."""
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)
    return content.getvalue()
