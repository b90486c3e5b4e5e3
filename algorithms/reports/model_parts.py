# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model is and where it is from, as parts of a report."""

from __future__ import annotations

from ...models.model_card import ModelCard
from ..text import tr
from .report import heading, table


def described_parts(card: ModelCard, checksum: str) -> list[str]:
    """Return the parts of a report that say what a model is and where it is from."""
    low, high = card.value_range
    parts = [
        table(
            (
                (tr("Kind of data"), card.kind),
                (tr("Pixel size"), f"{card.pixel_size:g} m"),
                (tr("Values of the training layers"), f"{low:g} … {high:g} {card.unit}"),
                (tr("Landscapes"), ", ".join(card.landscapes)),
                (tr("Guiding layers"), ", ".join(each.name for each in card.conditions) or "–"),
                (tr("Makes given land finer best"), _refiners(card) or tr("not measured")),
                (tr("Variety of their land"), ", ".join(f"{each:g}" for each in card.variety) or 1),
                (tr("Training steps"), card.steps),
                (tr("SHA-256"), checksum),
            )
        ),
        heading(tr("Where it is from")),
        table(_labelled(card.provenance)),
    ]
    for number, stage in enumerate(card.stages, start=1):
        parts.append(heading(tr("Stage {number} of {count}").format(number=number, count=len(card.stages))))
        parts.append(table(_labelled(stage)))
    return parts


def _refiners(card: ModelCard) -> list[str]:
    sentence = tr("{factor} times: {landscape}, variety {variety}, details {strength} times as strong")
    return [
        sentence.format(
            factor=factor,
            landscape=best.landscape,
            variety=f"{best.variety:g}",
            strength=f"{best.strength:g}",
        )
        for factor, best in sorted(card.refiners.items())
    ]


def _labelled(facts: dict) -> list[tuple[str, object]]:
    """Return the rows of a table for a part of model.json, whose keys are English words joined by "_"."""
    return [(str(key).replace("_", " "), value) for key, value in facts.items()]
