# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scores of synthetic land mean, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..text import tr
from .metric_texts import LAND, LINES, TEXTURE, metric_texts

GOOD, FAIR, POOR, UNKNOWN = "good", "fair", "poor", "unknown"

#: Up to these, scores are good: real pieces of one landscape seldom score worse. Up to twice these, fair.
GOOD_TEXTURE, GOOD_LAND = 1.15, 1.3

#: Below this, synthetic land is nearer to the training land than unseen real land is.
NEAR_BELOW = 0.8

#: From this share of its patches on, synthetic land holds copies.
COPIED_FROM = 0.05

#: Above this share a report says how few repeat a place; below, none.
FEW_COPIED_ABOVE = 0.005

#: A metric farther off than this, in multiples of real parts, is a fault that no other metric makes up for:
#: a mean of several would hide it.
FAULT, GRAVE_FAULT = 2.0, 6.0

_MOST_NAMED = 2  # of the metrics that a score suffers from
_MUCH_SMALLER = 0.25  # of the real land's pixels
_STRAIGHTER = 0.02  # of all bends: less is a difference that nobody sees
_MORE_LEVEL = 0.1  # of the land
_FEW_PX = 512 * 512  # with less land, scores scatter by several tenths
_FEW_HELD_OUT_PX = 128 * 1024  # the same of parts whose floors come from the whole; an SRTM tile has more


class Verdict(NamedTuple):
    """One question, and its answer."""

    question: str
    grade: str  # GOOD, FAIR, POOR or UNKNOWN
    answer: str
    score: float | None


def verdicts(evaluation: Mapping[str, Any]) -> list[Verdict]:
    """Return the three verdicts on an evaluation: the fields of the worker's result."""
    return [_on_texture(evaluation), _on_land(evaluation), _on_novelty(evaluation)]


def cautions(evaluation: Mapping[str, Any]) -> list[str]:
    """Return what a reader should know before trusting the scores."""
    found = []
    if 0 < evaluation["training_px"] < _FEW_PX:
        found.append(
            tr(
                "The model learnt from little land: {pixels} pixels. It knows few forms and may repeat them; "
                "larger layers give more."
            ).format(pixels=_thousands(evaluation["training_px"]))
        )
    enough_px = _FEW_HELD_OUT_PX if evaluation["is_held_out"] else _FEW_PX
    if evaluation["real_px"] < enough_px or evaluation["synthetic_px"] < _FEW_PX:
        found.append(
            tr(
                "Little land was compared: {real} real and {synthetic} synthetic pixels. Scores of so little "
                "scatter by several tenths; compare more seeds, or larger layers, before you trust them."
            ).format(real=_thousands(evaluation["real_px"]), synthetic=_thousands(evaluation["synthetic_px"]))
        )
    noise, land = evaluation["noise_land"], evaluation["land"]
    if noise is not None and land is not None and noise <= 2 * GOOD_LAND:
        found.append(
            tr(
                "On this landscape even noise scores {noise:.2f} for land, because parts of it differ much "
                "from each other: trust the maps more than the score."
            ).format(noise=noise)
        )
    if _has_lines(evaluation):
        found.append(
            tr(
                "More crests and valleys of the synthetic land run straight along rows and columns: "
                "{synthetic:.0f} % of its bends, {real:.0f} % of those of the real land. No score counts "
                "that: look at the hillshades."
            ).format(**{land: 100 * evaluation[land]["straightness"] for land in ("synthetic", "real")})
        )
    level = {land: evaluation[land].get("level_share", 0.0) for land in ("synthetic", "real")}
    if level["synthetic"] - level["real"] > _MORE_LEVEL:
        found.append(
            tr(
                "More of the synthetic land is dead level: {synthetic:.0f} %, {real:.0f} % of the real land. "
                "Level ground is taken for water and left out of the scores, so that none of them counts it."
            ).format(**{land: 100 * share for land, share in level.items()})
        )
    return found


def _has_lines(evaluation: Mapping[str, Any]) -> bool:
    if _ratios(evaluation["metrics"], LINES).get("straightness", 0.0) <= FAULT:
        return False
    synthetic, real = (evaluation[land]["straightness"] for land in ("synthetic", "real"))
    return synthetic - real > _STRAIGHTER


def cautions_on_layers(evaluation: Mapping[str, Any]) -> list[str]:
    """Return what a reader should know of two compared layers, whose sizes were the user's choice."""
    if evaluation["synthetic_px"] >= _MUCH_SMALLER * evaluation["real_px"]:
        return []
    return [
        tr(
            "The synthetic land is much smaller than the real land. One small piece differs from a whole "
            "region by itself, so that the scores are too strict: compare layers of about equal size."
        )
    ]


def grade(score: float | None, good: float, ratios: Iterable[float], noise: float | None = None) -> str:
    """Return the grade of a score, of which up to `good` is good, and whose metrics have these ratios.

    Where the score of noise is given, what is not good and not better than noise is poor.
    """
    if score is None:
        return UNKNOWN
    worst = max(ratios, default=0.0)
    if score <= good and worst <= FAULT:
        return GOOD
    beats_noise = noise is None or score < noise
    return FAIR if score <= 2 * good and worst <= GRAVE_FAULT and beats_noise else POOR


def _on_texture(evaluation: Mapping[str, Any]) -> Verdict:
    answers = {
        GOOD: tr("Yes: it is as near to the real land as parts of the real land are to each other."),
        FAIR: tr("Nearly. It differs most in {worst}."),
        POOR: tr("No. It differs most in {worst}."),
        UNKNOWN: tr("Not measured: there is too little land."),
    }
    ratios = _ratios(evaluation["metrics"], TEXTURE)
    question = tr("Texture: does it look alike close by?")
    return _graded(question, evaluation["texture"], GOOD_TEXTURE, ratios, answers)


def _on_land(evaluation: Mapping[str, Any]) -> Verdict:
    answers = {
        GOOD: tr("Yes: crests, valleys and hollows are as in the real land."),
        FAIR: tr("In part. It differs most in {worst}."),
        POOR: tr("No. It differs most in {worst}."),
        UNKNOWN: tr(
            "Not measured: water is followed in squares of 256 x 256 pixels (128 x 128 where the real land "
            "is small) without voids and level water, and one of the layers has none."
        ),
    }
    ratios = _ratios(evaluation["metrics"], LAND)
    question, noise = tr("Land: does water find its way?"), evaluation["noise_land"]
    return _graded(question, evaluation["land"], GOOD_LAND, ratios, answers, noise)


def _graded(
    question: str,
    score: float | None,
    good: float,
    ratios: Mapping[str, float],
    answers: Mapping[str, str],
    noise: float | None = None,
) -> Verdict:
    found = grade(score, good, ratios.values(), noise)
    return Verdict(question, found, answers[found].format(worst=_worst(ratios)), score)


def _on_novelty(evaluation: Mapping[str, Any]) -> Verdict:
    question, novelty = tr("Novelty: is it new land?"), evaluation["novelty"]
    if not evaluation["training_px"]:
        return Verdict(question, UNKNOWN, tr("Not measured: it takes the layers of the training."), None)
    if novelty is None:
        answer = tr(
            "Not measured: there are too few pieces of 64 x 64 pixels that are not level, or the layers of "
            "the training show the same land twice."
        )
        return Verdict(question, UNKNOWN, answer, None)
    if evaluation["share_copied"] >= COPIED_FROM:
        answer = tr(
            "No: {share:.0f} % of its pieces repeat a place of the land that the model was trained on."
        ).format(share=100 * evaluation["share_copied"])
        return Verdict(question, POOR, answer, novelty)
    if novelty < NEAR_BELOW:
        near = (
            tr("It is nearer to that land than unseen real land is, because it is smoother or simpler.")
            if evaluation["is_unseen"]
            else tr(
                "It is nearer to that land than parts of that are to each other, because it is smoother or "
                "simpler."
            )
        )
        return Verdict(question, FAIR, f"{_few_copied(evaluation['share_copied'])} {near}", novelty)
    answer = (
        tr("Yes: it is as far from the land of the training as unseen real land is.")
        if evaluation["is_unseen"]
        else tr("Yes: it is as far from the land of the training as parts of that are from each other.")
    )
    return Verdict(question, GOOD, answer, novelty)


def _few_copied(share: float) -> str:
    if share > FEW_COPIED_ABOVE:
        few = tr("Yes: hardly any of its pieces ({share:.1f} %) repeat a place of the training.")
        return few.format(share=100 * share)
    return tr("Yes, it repeats no place of the training.")


def _ratios(metrics: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> dict[str, float]:
    return {name: metrics[name]["ratio"] for name in names if name in metrics}


def _worst(ratios: Mapping[str, float]) -> str:
    """Return the names of the metrics with the highest ratios, for people."""
    worst = sorted(ratios, key=lambda name: -ratios[name])[:_MOST_NAMED]
    # The second only where it counts as well.
    named = [name for name in worst if ratios[name] >= ratios[worst[0]] / 2]
    texts = metric_texts()
    return tr(" and ").join(
        tr("{metric} ({ratio:.1f} times as far as real parts)").format(
            metric=texts[name].name, ratio=ratios[name]
        )
        for name in named
    )


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", " ")
