# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a training: real and synthetic terrain side by side, scores, losses and facts."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QBuffer, QIODevice, QPointF
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from ..models.model_file import ModelCard
from .modelinfo import described_parts
from .report import heading, page, paragraph, table
from .text import tr

#: Towards the light: from the north-west, 45 degrees high; x to the east, y to the south, z up.
LIGHT = np.array([-0.5, -0.5, np.sqrt(0.5)])
CURVE_WIDTH, CURVE_HEIGHT = 640, 160
CURVE_COLOURS = {"generator_loss": "#b5651d", "discriminator_loss": "#2f6690"}


def training_report(
    card: ModelCard, checksum: str, history: Sequence[Mapping[str, Any]], pictures: Mapping[str, np.ndarray]
) -> str:
    """Return the page.

    `history` holds what was told on the way; `pictures` the heights of "real" and "synthetic" land, float32
    (rows, cols), or nothing after a cancel.
    """
    parts = [heading(tr("How it looks")), _side_by_side(card, pictures)] if pictures else []
    parts += [heading(tr("How alike it is")), *_scores(card.realism)]
    for stage in dict.fromkeys(entry["stage"] for entry in history):
        entries = [entry for entry in history if entry["stage"] == stage]
        parts += [heading(tr("Losses of the stage {stage}").format(stage=stage)), loss_curves(entries)]
    return page(card.name, *parts, heading(tr("What it is")), *described_parts(card, checksum))


def _side_by_side(card: ModelCard, pictures: Mapping[str, np.ndarray]) -> str:
    labels = {"real": tr("Real: the middle of your layers"), "synthetic": tr("Synthetic, seed 0")}
    cells = "".join(
        f"<td>{hillshade_image(pictures[key], card.pixel_size)}<br>{escape(label)}</td>"
        for key, label in labels.items()
    )
    return f"<table><tr>{cells}</tr></table>"


def _scores(realism: Mapping[str, Any] | None) -> list[str]:
    if realism is None:
        return [paragraph(tr("Not measured: the training was cancelled, or the layers are too small."))]
    seen = tr("parts of the layers that the training did not see")
    against = (
        seen if realism["held_out"] else tr("the layers themselves, which are too small to hold out a part")
    )
    verdict = tr(
        "Texture {score:.2f}, where 1 is how alike real parts of the layers are to each other, and lower is "
        "better. Compared with {against}."
    ).format(score=realism["texture"], against=against)
    rows = [
        (name.replace("_", " "), f"{distance:.3f} ({realism['floors'][name]:.3f})")
        for name, distance in realism["distances"].items()
    ]
    explained = tr("Distance of each property from real land, in brackets that of real parts to each other:")
    return [paragraph(verdict), paragraph(explained), table(rows)]


def loss_curves(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the curves of both losses over the steps as an image and its legend."""
    steps = np.array([entry["step"] for entry in entries], float)
    highest = max(max(entry[name] for name in CURVE_COLOURS) for entry in entries) or 1.0
    image = QImage(CURVE_WIDTH, CURVE_HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    legend = []
    for name, colour in CURVE_COLOURS.items():
        losses = np.array([entry[name] for entry in entries])
        x, y = CURVE_WIDTH * steps / steps.max(), CURVE_HEIGHT * (1.0 - losses / highest)
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x, y)]))
        legend.append(f'<span style="color:{colour}">{name.replace("_", " ")}</span>')
    painter.end()
    caption = tr("0 to {highest:.2f}, over {steps:.0f} steps").format(highest=highest, steps=steps.max())
    return f"<p>{image_tag(image)}<br>{', '.join(legend)}: {escape(caption)}</p>"


def hillshade_image(heights: np.ndarray, pixel_size: float) -> str:
    """Return the hillshade of heights (rows, cols) as an image; voids are white."""
    downhill_rows, downhill_cols = np.gradient(heights.astype(np.float64), pixel_size)
    normal = np.stack([-downhill_cols, -downhill_rows, np.ones_like(downhill_rows)], -1)
    shade = np.clip(normal @ LIGHT / np.linalg.norm(normal, axis=-1), 0.0, 1.0)
    grey = np.where(np.isnan(shade), 255, 255 * np.nan_to_num(shade)).astype(np.uint8)
    rows, cols = grey.shape
    return image_tag(QImage(grey.tobytes(), cols, rows, cols, QImage.Format.Format_Grayscale8))


def image_tag(image: QImage) -> str:
    """Return an <img> that holds its own PNG: the Results Viewer of some QGIS versions draws nothing else."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return f'<img src="data:image/png;base64,{base64.b64encode(bytes(buffer.data())).decode()}">'
