# SPDX-License-Identifier: GPL-3.0-or-later
"""How a training went: the curves of its losses and of its scores, as pictures for a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QBuffer, QIODevice, QPointF
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from ..text import tr
from .report import image

WIDTH_PX, HEIGHT_PX = 760, 160
_SHARPNESS = 2  # pixels of the picture for each that is shown
_LOSS_COLOURS = {"generator_loss": "#d55e00", "discriminator_loss": "#0072b2"}  # Okabe & Ito (2008)
_SCORE_COLOUR, _RULE_COLOUR = "#000000", "#b0b0b0"
_HEADROOM = 1.05  # above the highest value
_DOT_PX = 3.5


def loss_curves(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the curves of both losses over the steps, and their legend."""
    steps = np.array([entry["step"] for entry in entries], float)
    highest = max(max(entry[name] for name in _LOSS_COLOURS) for entry in entries) or 1.0
    curves = Curves()
    names = {"generator_loss": tr("generator loss"), "discriminator_loss": tr("discriminator loss")}
    legend = []
    for name, colour in _LOSS_COLOURS.items():
        losses = np.array([entry[name] for entry in entries])
        curves.line(steps / steps.max(), losses / (_HEADROOM * highest), colour)
        legend.append(f'<span style="color:{colour}">{escape(names[name])}</span>')
    caption = tr("0 to {highest:.2f}, over {steps:.0f} steps").format(highest=highest, steps=steps.max())
    shown = f"{tr('Losses')}: {', '.join(names.values())}, {caption}"
    return f"{curves.tag(shown)}<p>{', '.join(legend)}: {escape(caption)}</p>"


def score_curve(scores: Sequence[Mapping[str, float]], chosen_at: float | None = None) -> str:
    """Return the curve of the scores over the training, with a dot where the weights are from that are kept.

    `chosen_at` is the share of the training at which they were scored; None for those of the best score.
    """
    fractions = np.array([entry["fraction"] for entry in scores])
    values = np.array([entry["score"] for entry in scores])
    top = _HEADROOM * max(1.0, float(values.max()))
    curves = Curves()
    curves.line(np.array([0.0, 1.0]), np.array([1.0, 1.0]) / top, _RULE_COLOUR)
    curves.line(fractions, values / top, _SCORE_COLOUR)
    chosen = int(np.argmin(values if chosen_at is None else np.abs(fractions - chosen_at)))
    curves.dot(fractions[chosen], values[chosen] / top, _LOSS_COLOURS["generator_loss"])
    caption = tr(
        "Realism over the training, {highest:.2f} at its worst and {lowest:.2f} at its best; the line is 1, "
        "as good as real. The dot marks the weights that were kept: those after {share:.0f} %."
    ).format(highest=values.max(), lowest=values.min(), share=100 * fractions[chosen])
    shown = f"{tr('Scores')}. {caption}"
    return f"{curves.tag(shown)}<p>{escape(caption)}</p>"


class Curves:
    """A picture to draw curves on; both axes go from 0 to 1, from the lower left corner."""

    def __init__(self) -> None:
        self._image = QImage(WIDTH_PX * _SHARPNESS, HEIGHT_PX * _SHARPNESS, QImage.Format.Format_RGB32)
        self._image.fill(QColor("white"))

    def line(self, x: np.ndarray, y: np.ndarray, colour: str) -> None:
        """Draw a line through points."""
        painter = self._painter()
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.drawPolyline(QPolygonF([self._point(*each) for each in zip(x, y)]))
        painter.end()

    def dot(self, x: float, y: float, colour: str) -> None:
        """Draw a dot at a point."""
        painter = self._painter()
        painter.setPen(QPen(QColor("white"), 1.0))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(self._point(x, y), _DOT_PX, _DOT_PX)
        painter.end()

    def tag(self, text: str) -> str:
        """Return the picture as a part of a report; `text` is what it shows."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._image.save(buffer, "PNG")
        return image(bytes(buffer.data()), WIDTH_PX, text)

    def _painter(self) -> QPainter:
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(_SHARPNESS, _SHARPNESS)
        return painter

    @staticmethod
    def _point(x: float, y: float) -> QPointF:
        margin = _DOT_PX + 1  # so that no dot is cut
        return QPointF(
            margin + x * (WIDTH_PX - 2 * margin), HEIGHT_PX - margin - y * (HEIGHT_PX - 2 * margin)
        )
