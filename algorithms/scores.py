# SPDX-License-Identifier: GPL-3.0-or-later
"""The scores of a model as parts of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .metric_texts import metric_texts
from .report import paragraph, table
from .text import tr


def described_scores(realism: Mapping[str, Any] | None) -> list[str]:
    """Return the parts of a report that say how alike a model's land and real land are.

    `realism` is that of a model's card. A model file may come from anyone, so scores of another form are
    said to be unreadable.
    """
    if realism is None:
        return [paragraph(tr("Not measured: the training was cancelled, or the layers are too small."))]
    try:
        return [paragraph(_verdict(realism)), *_tables(realism["landscapes"])]
    except (AttributeError, KeyError, TypeError, ValueError):
        return [paragraph(tr("The scores in the file cannot be read."))]


def _verdict(realism: Mapping[str, Any]) -> str:
    seen = tr("parts of the layers that the training did not see")
    against = (
        seen if realism["held_out"] else tr("the layers themselves, which are too small to hold out a part")
    )
    return tr(
        "Realism {score:.2f}, where 1 is how alike real parts of the layers are to each other, and lower is "
        "better. Compared with {against}. The weights are those after {share:.0f} % of the training."
    ).format(score=realism["realism"], against=against, share=100 * realism["chosen_at"])


def _tables(landscapes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    explained = tr("Distance of each property from real land, in brackets that of real parts to each other:")
    parts = []
    for name, scores in landscapes.items():
        measured = {tr("texture"): scores["texture"], tr("land"): scores["land"]}
        verdict = ", ".join(f"{what} {score:.2f}" for what, score in measured.items() if score is not None)
        rows = [
            (_name_of(prop), f"{distance:.3f} ({scores['floors'][prop]:.3f})")
            for prop, distance in scores["distances"].items()
        ]
        parts += [paragraph(f"{name}: {verdict}"), paragraph(explained), table(rows)]
    return parts


def _name_of(prop: str) -> str:
    """Return a measure's name for people; its key where a newer GeoGAN wrote one that this does not know."""
    texts = metric_texts()
    return texts[prop].name if prop in texts else prop.replace("_", " ")
