# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on synthetic land: a verdict, figures, and a table of all that was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ..text import tr
from .figure_texts import figure_captions
from .metric_texts import METRICS, metric_texts
from .report import heading, image, page, paragraph, table
from .verdict import FAIR, GOOD, POOR, UNKNOWN, cautions, cautions_on_layers, verdicts

WIDTH_PX = 760  # of the figures, which have twice as many pixels

# Light enough for black text, and told apart by the colour-blind.
_GRADE_COLOURS = {GOOD: "#cfe8f7", FAIR: "#fff1c2", POOR: "#f8d3bf", UNKNOWN: "#eeeeee"}
_CELL = "padding: 4px 12px 4px 6px; vertical-align: top; text-align: left; color: #222"
_ROW_NAME = "padding: 4px 12px 0 0; text-align: left; color: #222"
_NUMBER = "padding: 4px 12px 0 6px; text-align: right; white-space: nowrap"


def evaluation_report(
    title: str,
    facts: Iterable[tuple[str, Any]],
    notes: Sequence[str],
    evaluation: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> str:
    """Return the page on a comparison.

    `facts` are rows on what was compared; `notes` what was done to it. `evaluation` and `arrays` are the
    fields and the arrays of the worker's result (see models/evaluation_job.py).
    """
    compared = [heading(tr("What was compared")), table(facts), *map(paragraph, notes)]
    further = cautions_on_layers(evaluation)
    return page(title, *evaluation_parts(evaluation, arrays, further), *compared)


def evaluation_parts(
    evaluation: Mapping[str, Any], arrays: Mapping[str, np.ndarray], further_cautions: Sequence[str] = ()
) -> list[str]:
    """Return the parts of a report that say how alike synthetic and real land are."""
    parts = [_verdict_table(evaluation), *map(paragraph, (*cautions(evaluation), *further_cautions))]
    parts += _figures(evaluation["figures"], arrays)
    if evaluation["metrics"]:
        parts += [heading(tr("All that was measured")), paragraph(_how_to_read()), _metric_table(evaluation)]
        parts += [heading(tr("In plain figures")), _plain_table(evaluation)]
    return parts


def _verdict_table(evaluation: Mapping[str, Any]) -> str:
    lines = []
    for question, grade, answer, score in verdicts(evaluation):
        cell = f'style="{_CELL}; background-color: {_GRADE_COLOURS[grade]}" bgcolor="{_GRADE_COLOURS[grade]}"'
        number = "" if score is None else f"{score:.2f}"
        lines.append(
            f'<tr><th scope="row" width="34%" {cell}><b>{escape(question)}</b></th>'
            f'<td width="56%" {cell}>{escape(answer)}</td><td width="10%" {cell}><b>{number}</b></td></tr>'
        )
    explained = tr(
        "Scores say how many times farther the synthetic land is from the real land than parts of the real "
        "land are from each other: 1 is as good as real, more is worse. One property that is far off decides "
        "the answer, whatever the others make of the score. Novelty is how far it is from the land of the "
        "training, over how far unseen real land is: below 0.8 it is too near."
    )
    return (
        f'<table width="{WIDTH_PX}" cellspacing="3">{"".join(lines)}</table>'
        f"{paragraph(explained)}{_of_noise(evaluation)}"
    )


def _of_noise(evaluation: Mapping[str, Any]) -> str:
    """Return what noise scores on the same land: what a score is worth."""
    texture, land = evaluation["noise_texture"], evaluation["noise_land"]
    if texture is None:
        return ""
    if land is None:
        return paragraph(
            tr("Noise with the real spectrum scores {texture:.2f} for texture.").format(texture=texture)
        )
    return paragraph(
        tr(
            "Noise with the real spectrum, which has no valleys, scores {texture:.2f} for texture and "
            "{land:.2f} for land."
        ).format(texture=texture, land=land)
    )


def _figures(names: Sequence[str], arrays: Mapping[str, np.ndarray]) -> list[str]:
    if not names:
        return [
            paragraph(
                tr("There are no figures: the worker's Python has no Matplotlib. Run Set up GeoGAN again.")
            )
        ]
    parts, captions = [], figure_captions()
    for name in names:
        title, explanation = captions[name]
        picture = image(arrays[f"figure_{name}"].tobytes(), WIDTH_PX, f"{title}. {explanation}")
        parts += [heading(title), paragraph(explanation), picture]
    return parts


def _how_to_read() -> str:
    return tr(
        "Synthetic: the distance from the real land. Real: the distance of parts of the real land from each "
        "other. Noise: the distance of noise with the real spectrum. Times: synthetic over real; 1 is as "
        "good as can be told, and what stands out is bold."
    )


def _metric_table(evaluation: Mapping[str, Any]) -> str:
    texts, metrics = metric_texts(), evaluation["metrics"]
    titles = (tr("Synthetic"), tr("Real"), tr("Noise"), tr("Times"))
    lines = [_heads(titles)]
    for name in (name for name in METRICS if name in metrics):
        metric = metrics[name]
        stands_out = metric["ratio"] > 2
        numbers = [
            *(_number(metric[key]) for key in ("distance", "floor", "noise")),
            f"{metric['ratio']:.1f}",
        ]
        cells = "".join(
            f'<td style="{_NUMBER}">{f"<b>{number}</b>" if stands_out else number}</td>' for number in numbers
        )
        lines.append(
            f'<th scope="row" style="{_ROW_NAME}"><b>{escape(_capital(texts[name].name))}</b></th>{cells}'
        )
        meaning = f"{texts[name].meaning} {_window_of(metric)}".rstrip()
        lines.append(f'<td colspan="5" style="color: #666; padding: 0 0 4px 0">{escape(meaning)}</td>')
    return f'<table cellspacing="0">{"".join(f"<tr>{line}</tr>" for line in lines)}</table>'


def _window_of(metric: Mapping[str, Any]) -> str:
    """Return a sentence on the windows that a metric was measured in, if any: they decide what it can see."""
    side = metric["window_px"]
    return tr("Measured in squares of {side} pixels.").format(side=side) if side else ""


def _plain_table(evaluation: Mapping[str, Any]) -> str:
    labels = {
        "mean_slope": (tr("Mean slope"), lambda rise: f"{np.degrees(np.arctan(rise)):.1f}°"),
        "pit_share": (tr("Pixels that are pits"), lambda share: f"{100 * share:.2f} %"),
        "fill_depth": (
            tr("Mean depth of standing water, of the relief"),
            lambda share: f"{100 * share:.3f} %",
        ),
        "straightness": (
            tr("Bends of the land that run straight along rows or columns"),
            lambda share: f"{100 * share:.0f} %",
        ),
        "drainage_exponent": (tr("Drainage exponent (rivers: about 0.43)"), lambda value: f"{value:.2f}"),
        "hack_exponent": (tr("Hack's exponent (rivers: 0.5 to 0.6)"), lambda value: f"{value:.2f}"),
        "level_share": (
            tr("Level water, or land, that is left out of all else"),
            lambda share: f"{100 * share:.1f} %",
        ),
    }
    lands = [evaluation[land] for land in ("real", "synthetic", "noise")]
    titles = (tr("Real"), tr("Synthetic"), tr("Noise"))
    lines = [_heads(titles)]
    for name, (label, written) in labels.items():
        if all(name in land for land in lands[:2]):
            values = (written(land[name]) if name in land else "–" for land in lands)
            cells = "".join(f'<td style="{_NUMBER}">{value}</td>' for value in values)
            lines.append(f'<th scope="row" style="{_ROW_NAME}">{escape(label)}</th>{cells}')
    return f'<table cellspacing="0">{"".join(f"<tr>{line}</tr>" for line in lines)}</table>'


def _heads(titles: Iterable[str]) -> str:
    """Return the heads of the columns of numbers; the first column, of the rows' names, has none."""
    heads = (f'<th scope="col" style="{_NUMBER}; color: #222">{escape(title)}</th>' for title in titles)
    return f"<td></td>{''.join(heads)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
