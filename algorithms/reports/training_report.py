# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a training: how its land compares with real land, how the training went, and what it made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import GeoGanError
from ...models.model_card import ModelCard
from ..text import tr
from .evaluation_report import evaluation_parts
from .model_parts import described_parts
from .report import heading, page, paragraph
from .scores import compared_with, described_scores
from .training_curves import loss_curves, score_curve


def training_report(
    card: ModelCard, checksum: str, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> str:
    """Return the page.

    `fields` and `arrays` are those of the worker's result (models/training/training_job.py): `history`, what
    was told on the way, `scores`, `notes`, which are lines of the log, and after a whole training
    `evaluation`, with its figures in the arrays.
    """
    return page(
        card.name,
        *_realism(card, fields.get("evaluation"), arrays),
        *_course(fields, card.realism["chosen_at"] if card.realism else None),
        heading(tr("What it is")),
        *described_parts(card, checksum),
    )


def _realism(
    card: ModelCard, evaluation: Mapping[str, Any] | None, arrays: Mapping[str, np.ndarray]
) -> list[str]:
    """Return the evaluation; the scores in the card where there is none, or of further landscapes."""
    scores = [heading(tr("Scores")), *described_scores(card.realism)]
    if not evaluation:  # a cancelled training has none
        return scores
    against = compared_with(held_out=evaluation["is_held_out"])
    parts = [paragraph(against), *evaluation_parts(evaluation, arrays)]
    if len(card.landscapes) < 2:
        return parts
    shown = tr("The figures show the landscape {name}.").format(name=card.landscapes[0])
    return [paragraph(shown), *parts, *scores]


def _course(fields: Mapping[str, Any], chosen_at: float | None) -> list[str]:
    """Return how the training went: what there is to note, the scores, and the losses of each stage."""
    history, scores = fields["history"], fields["scores"]
    parts = [heading(tr("How the training went"))] if history else []
    notes = (GeoGanError(note["template"], **note["values"]).sentence(tr) for note in fields["notes"])
    parts += map(paragraph, notes)
    if len(scores) > 1:
        parts.append(score_curve(scores, chosen_at))
    for stage in dict.fromkeys(entry["stage"] for entry in history):
        entries = [entry for entry in history if entry["stage"] == stage]
        parts += [heading(tr("Losses of the stage {stage}").format(stage=stage)), loss_curves(entries)]
    return parts
