# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of `make bench-terrain`: which runs count, their medians and spreads, which bars they meet."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from geogan.models.model_file import WEIGHTS, read_member
from geogan.realism.measures import MEASURES
from geogan.test.bench.terrain import bars
from geogan.test.bench.terrain.command_line import counts, newest, parsed, wanted_runs
from geogan.test.bench.terrain.landscapes import (
    LANDSCAPES,
)
from geogan.test.bench.terrain.ours import BUNDLED
from geogan.test.bench.terrain.page import page
from geogan.test.bench.terrain.records import Record, Run, read_records
from geogan.test.bench.terrain.scores import STRIDES, fields_needed

GRID = {"ratio": 1.0, "p_value": 0.5, "largest": 0.01, "expected": 0.01}
NO_GRID = {"height": GRID, "bend_along_rows": GRID}
MACHINE = {
    "Date": "1 May 2026",
    "GeoGAN": "0.1.0, commit abc",
    "Processor": "a processor, 2 cores",
    "Load before": "0.1 processes",
    "Worker": "Python 3.11",
}


def record(
    contestant="scratch", landscape="pyrenees", seed=0, minutes=30.0, textures=(1.0,), **more
) -> Record:
    """A record in which everything meets its bar, but for what is given."""
    distances = {**dict.fromkeys(MEASURES, 0.03), **more.pop("distances", {})}
    by_seed = [
        {"texture": texture, "land": more.get("land", 1.0), "distances": distances, "synthetic": {}}
        for texture in textures
    ]
    figures = {
        "by_seed": by_seed,
        "pooled": by_seed[0],
        "floors": dict.fromkeys(MEASURES, 0.03),
        "windows": {"fill": more.get("window_px", 256)},
        "real": {"drainage_exponent": 0.43},
        "novelty": more.get("novelty", 1.0),
        "diversity": more.get("diversity", 1.0),
        "grid": more.get("grid", {str(stride): NO_GRID for stride in STRIDES}),
        "grid_of_worlds": more.get("grid_of_worlds", {}),
        "sizes": {"held_out": [[180, 900]], "training": [[1020, 900]], "field": [512, 512], "fields": 32},
    }
    return Record(Run(contestant, landscape, seed, minutes, len(textures), 32), MACHINE, {}, figures)


def row(text: str, title: str, heading: str = "Pyrenees, Andorra") -> list[str]:
    """The cells of the first row of a section that begins with a title."""
    section = text.partition(f"## {heading}\n")[2]
    line = next(line for line in section.splitlines() if line.startswith(f"| {title}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_cell_is_the_median_over_trainings_and_generated_seeds_with_the_spread():
    text = page([record(seed=0, textures=(1.0, 1.15, 1.3)), record(seed=1, textures=(0.9, 1.05, 1.2))])

    assert row(text, "GeoGAN, from scratch")[1] == "1.1 (0.9 to 1.3)"
    assert row(text, "GeoGAN, from scratch")[-4:] == ["2", "–", "6", "32"]


def test_the_steps_of_trainings_are_told_beside_their_number():
    trained = [replace(record(seed=seed), training={"steps": steps}) for seed, steps in enumerate((900, 700))]

    assert row(page(trained), "GeoGAN, from scratch")[-4:-2] == ["2", "800 (700 to 900)"]


@pytest.mark.parametrize("side", [128, 256])
def test_a_landscape_says_in_what_windows_its_water_was_followed(side):
    text = page([record(window_px=side)])

    assert f"Water was followed in windows of {side} px" in text


def test_what_does_not_meet_its_bar_is_marked_and_not_counted():
    text = page([record(textures=(1.2,), novelty=0.5)])

    cells = row(text, "GeoGAN, from scratch")
    assert [cell for cell in cells if "NO" in cell] == ["1.2 **NO**", "0.5 **NO**"]
    assert row(text, "GeoGAN, from scratch", "Bars that are met")[1:] == [
        "not measured yet",
        f"{len(bars.GOALS) - 2} of {len(bars.GOALS)} (1 training)",
        "not measured yet",
    ]


@pytest.mark.parametrize(("diversity", "is_met"), [(0.7, False), (0.9, True), (1.3, False), (None, False)])
def test_diversity_has_a_bar_on_both_sides_and_what_was_not_measured_meets_none(diversity, is_met):
    goal = next(goal for goal in bars.GOALS if goal.title == "diversity")

    assert goal.is_met_by(goal.values([record(diversity=diversity)])) is is_met


def test_the_worst_metric_is_that_of_the_largest_median_ratio():
    records = [
        record(seed=seed, distances={"pits": pits, "slope": 0.05})
        for seed, pits in enumerate((0.09, 0.11, 0.01))
    ]

    assert bars.worst_metric(records) == "pits"
    # (0.09 + 0.01) / (0.03 + 0.01), the middle one
    assert row(page(records), "GeoGAN, from scratch")[3] == "pits 2.5 (0.5 to 3) **NO**"


def test_the_exponents_are_in_neither_score():
    assert bars.worst_metric([record(distances={"drainage_exponent": 9.0})]) != "drainage_exponent"


def test_the_worst_cells_and_quantity_of_the_grid_count_heights_and_bends_apart():
    bends = {"bend_along_cols": {**GRID, "ratio": 1.5}, "bend_along_rows": {**GRID, "ratio": 2.5}}
    grid = {"4": {"height": GRID, **bends}, "16": {"height": {**GRID, "ratio": 1.2}}}

    assert row(page([record(grid=grid)]), "GeoGAN, from scratch")[7:9] == ["1.2", "2.5 **NO**"]


def test_only_trainings_as_long_as_the_bars_ask_are_counted():
    records = [
        record("scratch", minutes=30.0),
        record("scratch", seed=1, minutes=60.0, textures=(0.1,)),
        record("finetuned", minutes=10.0, textures=(0.7,)),
        record("noise", minutes=0.0, textures=(0.8,)),
    ]

    text = page(records)
    assert row(text, "GeoGAN, from scratch, 30 min")[1] == "1"
    assert row(text, "GeoGAN, from the bundled model, 10 min")[1] == "0.7"
    assert row(text, "random phases")[1] == "0.8"
    assert row(page(records, minutes=60.0), "GeoGAN, from scratch, 60 min")[1] == "0.1"


def test_a_quoted_figure_says_that_it_was_not_measured_here():
    cells = row(page([record()]), "QuickSampling")

    assert "not measured here" in cells[0]
    assert cells[1:3] == ["1.17", "4.38"]


def test_a_page_without_records_says_so():
    text = page([])

    assert text.count("Not measured yet.") == len(LANDSCAPES)


def test_a_record_is_read_as_it_was_written(tmp_path):
    written = record(textures=(1.0, 1.1))
    written.write(tmp_path)

    assert read_records(tmp_path) == [written]
    assert [path.name for path in tmp_path.iterdir()] == ["scratch-pyrenees-30min-seed0.json"]


def test_what_needs_no_training_is_run_once_and_the_rest_for_every_seed():
    options = parsed(["--landscape", "pyrenees", "--only", "scratch", "--only", "noise", "--seeds", "2"])

    runs = [(run.contestant, run.training_seed, run.minutes) for run in wanted_runs(options)]
    assert runs == [("scratch", 0, 30.0), ("noise", 0, 0.0), ("scratch", 1, 30.0)]


def test_other_minutes_keep_the_share_of_those_from_the_bundled_model():
    options = parsed(["--landscape", "pyrenees", "--only", "finetuned", "--minutes", "15", "--seeds", "1"])

    assert [run.minutes for run in wanted_runs(options)] == [5.0]


@pytest.mark.parametrize("contestant", ["scratch", "finetuned"])
def test_a_training_that_took_stages_from_an_older_bundled_model_no_longer_counts(contestant):
    of_today = hashlib.sha256(read_member(BUNDLED, WEIGHTS)).hexdigest()
    trainings = (
        {"base_weights_sha256": of_today, "stages_kept": []},
        {"base_weights_sha256": of_today, "stages_kept": ["valleys"]},  # voids left it no room
        {"base_weights_sha256": "0" * 64, "stages_kept": []},
        {"base_weights_sha256": of_today, "stages_kept": ["layout"]},  # as trainings did for a while
        {"base_weights_sha256": of_today},
    )
    found = [counts(replace(record(contestant), training=each)) for each in trainings]
    assert found == [True, True, False, False, False]


def test_where_nothing_of_today_is_there_earlier_trainings_are_shown_and_marked():
    of_today = hashlib.sha256(read_member(BUNDLED, WEIGHTS)).hexdigest()
    trained = {"base_weights_sha256": of_today, "stages_kept": []}
    older = {"base_weights_sha256": "0" * 64, "stages_kept": []}
    records = [
        replace(record("scratch", "pyrenees", textures=(0.1,)), training=older),
        replace(record("scratch", "pyrenees", seed=1, textures=(1.0,)), training=trained),
        replace(record("scratch", "brindabella", textures=(0.1,)), training=older),
    ]

    text = page(newest(records))
    assert row(text, "GeoGAN, from scratch, 30 min |")[1] == "1"
    assert row(text, "GeoGAN, from scratch, 30 min *(earlier)* |", "Brindabella, Australia")[1] == "0.1"
    met = row(text, "GeoGAN, from scratch", "Bars that are met")
    assert [cell.endswith("*(earlier)*") for cell in met[2:]] == [False, True]


def test_quick_runs_are_kept_apart():
    asked = ([], ["--quick"], ["--minutes", "15"])
    assert len({parsed(each).records for each in asked}) == len({parsed(each).models for each in asked}) == 3
    assert parsed(["--quick"]).minutes == 0.5


def test_enough_fields_are_made_for_every_seed_to_have_as_much_ground():
    options = parsed(["--only", "classic", "--landscape", "pyrenees", "--seeds", "12", "--fields", "32"])

    assert next(wanted_runs(options)).fields == fields_needed(256, 12) == 48
    assert fields_needed(512, 3) == 3


def test_the_page_says_how_much_the_cells_show_in_the_worlds_themselves():
    height, bend = ({"ratio": 9.0, "p_value": 0.5, "largest": x, "expected": 0.01} for x in (0.03, 0.07))
    grid = {str(stride): {"height": height, "bend_along_rows": bend} for stride in STRIDES}
    text = page([record(grid_of_worlds=grid)])
    assert row(text, "GeoGAN, from scratch, heights")[1:] == ["3.0 % (1.0 %)"] * 3
    assert row(text, "GeoGAN, from scratch, bends")[1:] == ["7.0 % (1.0 %)"] * 3
    assert row(text, "GeoGAN, from scratch, 30 min")[7:9] == ["1", "1"], "the bar is for the map"


def test_a_training_on_little_land_counts_though_it_keeps_its_layout():
    of_today = hashlib.sha256(read_member(BUNDLED, WEIGHTS)).hexdigest()
    trained = {"base_weights_sha256": of_today, "stages_kept": ["layout"]}

    assert counts(replace(record("little"), training=trained))
    assert not counts(replace(record("little"), training={**trained, "base_weights_sha256": "0" * 64}))
