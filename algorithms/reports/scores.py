# SPDX-License-Identifier: GPL-3.0-or-later
"""The scores of a model as parts of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import tr
from .metric_texts import metric_texts
from .report import paragraph, table


def described_scores(realism: Mapping[str, Any] | None) -> list[str]:
    """Return the parts of a report that say how alike a model's land and real land are.

    `realism` is that of a model's card. A model file may come from anyone, so scores of another form are
    said to be unreadable.
    """
    if realism is None:
        return [paragraph(tr("Not measured: the training was cancelled, or the layers are too small."))]
    try:
        parts = [paragraph(_verdict(realism))]
        for name, scores in realism["landscapes"].items():
            parts += _parts_of(name, scores, realism["held_out"])
        return parts
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return [paragraph(tr("The scores in the file cannot be read."))]


def compared_with(*, held_out: bool) -> str:
    """Return the sentence on what land was compared with."""
    if held_out:
        return tr("Compared with a part of the layers that the training did not see.")
    return tr(
        "Compared with the layers themselves: no part that could be held out is large enough to measure."
    )


def _verdict(realism: Mapping[str, Any]) -> str:
    return tr(
        "Realism {score:.2f}, where 1 is how alike real parts of the layers are to each other, and lower is "
        "better. The weights are those after {share:.0f} % of the training."
    ).format(score=realism["realism"], share=100 * realism["chosen_at"])


def _parts_of(name: str, scores: Mapping[str, Any], held_out: bool) -> list[str]:
    """Return the scores of one landscape, and the distance of each property beside its references."""
    floors, noise = scores["floors"], scores.get("noise", {})  # which older files do not have
    summary = f"{name}: {_numbers(scores['texture'], scores['land'])}."
    explained = tr("Distance of each property from real land, in brackets that of real parts to each other:")
    if noise:
        of_noise = _numbers(scores["noise_texture"], scores["noise_land"])
        summary += " " + tr("Noise with the real spectrum: {scores}.").format(scores=of_noise)
        explained = tr(
            "Distance of each property from real land, in brackets that of real parts to each other, then "
            "that of noise with the real spectrum:"
        )
    rows = [
        (_name_of(prop), f"{distance:.3f} ({_beside(prop, floors, noise)})")
        for prop, distance in scores["distances"].items()
    ]
    if "novelty" in scores:
        summary += " " + tr("Novelty {novelty:.2f}; copied: {share:.0f} %.").format(
            novelty=scores["novelty"], share=100 * scores["share_copied"]
        )
    against = compared_with(held_out=scores.get("held_out", held_out))
    return [paragraph(f"{summary} {against}"), paragraph(explained), table(rows)]


def _beside(prop: str, floors: Mapping[str, float], noise: Mapping[str, float]) -> str:
    return ", ".join(f"{distances[prop]:.3f}" for distances in (floors, noise) if prop in distances)


def _numbers(texture: float, land: float | None) -> str:
    measured = {tr("texture"): texture, tr("land"): land}
    return ", ".join(f"{what} {score:.2f}" for what, score in measured.items() if score is not None)


def _name_of(prop: str) -> str:
    """Return a measure's name for people; its key where a newer GeoGAN wrote one that this does not know."""
    texts = metric_texts()
    return texts[prop].name if prop in texts else prop.replace("_", " ")
