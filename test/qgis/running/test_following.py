# SPDX-License-Identifier: GPL-3.0-or-later
"""`geogan:generate` with a GUIDE: land that follows a layer, and ensembles of it. Pixels are 90 m."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from geogan.models import model_file
from geogan.test.harness.programs import SAMPLE
from geogan.test.harness.sample import resampled_sample
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.feedback import ActingFeedback, ListeningFeedback, cancel
from geogan.test.qgis.running.parameters import extent
from geogan.test.qgis.running.rasters import read
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

P = 90.0
# Within the sample, which is in degrees. The model is guided by cells of 360 m: four of its pixels.
PLACE = (P * 8228, P * 44980, P * 8328, P * 45080)


def test_the_land_follows_a_guide_of_any_crs(generate):
    terrain = generate(PLACE, GUIDE=str(SAMPLE))

    means = gdal.Warp(
        "",
        str(SAMPLE),
        format="MEM",
        dstSRS="EPSG:32616",
        outputBounds=PLACE,
        width=25,
        height=25,
        resampleAlg="average",
    ).ReadAsArray()
    followed = terrain.means(4 * P, PLACE)
    assert terrain.bounds == PLACE
    assert np.corrcoef(followed.ravel(), means.ravel())[0, 1] > 0.98


@pytest.fixture(scope="module")
def guides(tmp_path_factory):
    """The sample as it is, in degrees, and in two other CRSs than the terrain's."""
    folder = tmp_path_factory.mktemp("guides")
    guides = {"EPSG:4326": str(SAMPLE)}
    for crs, size in (("EPSG:2274", 1000.0), ("EPSG:32617", 180.0)):
        path = folder / f"{crs[5:]}.tif"
        stored = {"outputType": gdal.GDT_Float32, "dstNodata": -9999.0}
        guides[crs] = str(resampled_sample(path, size, dstSRS=crs, **stored))
    return guides


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2274", "EPSG:32617"])
def test_overlapping_extents_agree_bit_by_bit(generate, guides, crs):
    west, south, east, north = PLACE
    middle = (west + east) / 2
    overlap = (middle - 7 * P, south, middle, north)

    one = generate((west, south, middle, north), "west", GUIDE=guides[crs])
    other = generate((middle - 7 * P, south, east, north), "east", GUIDE=guides[crs])

    assert np.array_equal(one.window(*overlap), other.window(*overlap))
    assert one.values.std() > 10.0


@pytest.mark.parametrize(("size", "is_told"), [(300.0, False), (1500.0, True)])
def test_a_guide_too_coarse_for_the_model_is_told(generate, tmp_path, size, is_told):
    feedback, guide = QgsProcessingFeedback(False), tmp_path / "coarse guide.tif"
    resampled_sample(guide, size)

    generate(PLACE, feedback=feedback, GUIDE=str(guide))

    told = "The pixels of coarse guide are 1500 m wide, but the model makes cells of at most 360 m finer"
    assert (told in feedback.textLog()) is is_told


def test_realisations_differ_in_what_the_guide_leaves_open_only(generate):
    ensemble = generate(PLACE, GUIDE=str(SAMPLE), REALISATIONS=4, SPREAD=True).values

    deviation, heights = ensemble[-1], ensemble[-2]
    assert 0.0 < deviation.mean() < 0.5 * heights.std()


@pytest.mark.parametrize("size", [None, 200.0])
def test_each_realisation_is_what_its_seed_gives_alone(generate, size):
    asked = {"GUIDE": str(SAMPLE), "PIXEL_SIZE": size}
    ensemble = generate(PLACE, SEED=5, REALISATIONS=3, **asked).values

    for number, band in enumerate(ensemble):
        assert np.array_equal(band, generate(PLACE, "alone", SEED=5 + number, **asked).values)


@pytest.mark.parametrize(("variety", "read_again"), [(1.0, ["Reading the guide for seed 6…"]), (0.0, [])])
def test_a_guide_is_read_again_only_for_seeds_that_read_it_on_cells_of_their_own(
    generate, variety, read_again
):
    feedback, making = ListeningFeedback(), "Generating 100 x 100 pixels…"
    generate(PLACE, feedback=feedback, GUIDE=str(SAMPLE), SEED=5, REALISATIONS=2, VARIETY=variety)

    start = feedback.headings.index(making)
    assert feedback.headings[start:] == [making, *read_again, making, "Closing the file…"]


def _unevenness_in_cells(deviation: np.ndarray) -> float:
    """Return how far the mean at the worst of the 4 x 4 places in a guide's cell is off that of all."""
    means = [deviation[row::4, col::4].mean() for row in range(4) for col in range(4)]
    return np.max(np.abs(means / np.mean(means) - 1.0))


def test_the_spread_of_realisations_shows_no_cells_of_the_guide(generate, monkeypatch):
    asked = {"GUIDE": str(SAMPLE), "REALISATIONS": 16, "SPREAD": True, "VARIETY": 1}
    free = generate(PLACE, **asked).values[-1]
    monkeypatch.setattr("geogan.algorithms.generate.origins_px", lambda *_: 1)
    bound = generate(PLACE, **asked).values[-1]

    assert _unevenness_in_cells(bound) > 0.06
    assert _unevenness_in_cells(free) < 0.5 * _unevenness_in_cells(bound)


@pytest.mark.parametrize("more", [{"PIXEL_SIZE": 200.0}, {"SPREAD": True}], ids=str)
def test_the_progress_bar_never_goes_back(generate, more):
    feedback, percents = QgsProcessingFeedback(False), []
    feedback.progressChanged.connect(percents.append)

    generate(PLACE, feedback=feedback, GUIDE=str(SAMPLE), REALISATIONS=2, **more)

    assert percents == sorted(percents)
    assert percents[-1] == 100.0


def test_a_batch_of_ensembles_makes_the_pixels_of_each(generate, provider, trained, project, tmp_path):
    rows = [
        {
            "MODEL": repr(str(trained.model)),
            "EXTENT": repr(extent(PLACE)),
            "CRS": "QgsCoordinateReferenceSystem('EPSG:32616')",
            "GUIDE": repr(str(SAMPLE)),
            "REALISATIONS": "2",
            "SPREAD": "True",
            "SEED": str(seed),
            "OUTPUT": tmp_path / f"batch {seed}.tif",
        }
        for seed in (1, 5)
    ]

    run_batch(provider.algorithm("generate").create(), rows, tmp_path / "batch.json")

    for row, seed in zip(rows, (1, 5)):
        alone = generate(PLACE, GUIDE=str(SAMPLE), REALISATIONS=2, SPREAD=True, SEED=seed)
        assert np.array_equal(read(row["OUTPUT"]).values, alone.values)


def test_without_variety_realisations_are_the_same_and_with_more_they_differ_more(generate):
    none, some, all_of_it = (
        generate(PLACE, GUIDE=str(SAMPLE), REALISATIONS=3, SPREAD=True, VARIETY=variety).values[-1]
        for variety in (0, 0.5, 1)
    )

    assert none.max() == 0.0
    assert 0.0 < some.mean() < all_of_it.mean()


@pytest.mark.parametrize(
    ("variety", "parameters", "is_told"),
    [(0.5, {}, True), (1.0, {}, False), (0.5, {"VARIETY": 1}, False), (0.5, {"REALISATIONS": 1}, False)],
    ids=str,
)
def test_realisations_that_differ_less_than_the_model_has_learnt_are_told(
    generate, trained, tmp_path, variety, parameters, is_told
):
    weights = model_file.read_member(trained.model, model_file.WEIGHTS)
    model = tmp_path / "calm.geogan"
    model.write_bytes(model_file.packed(replace(trained.card, variety=[variety]), weights))
    feedback = QgsProcessingFeedback(False)

    asked = {"MODEL": str(model), "GUIDE": str(SAMPLE), "REALISATIONS": 2, **parameters}
    generate(PLACE, feedback=feedback, **asked)

    assert ("set VARIETY to 1" in feedback.textLog()) is is_told


def test_where_the_guide_ends_the_extent_must_end(generate, tmp_path):
    with pytest.raises(QgsProcessingException, match="jacksboro_fault has no data in a part of the"):
        generate((-60 * P, -60 * P, 60 * P, 60 * P), GUIDE=str(SAMPLE))
    assert not list(tmp_path.glob("*.tif*"))


def test_reading_a_guide_can_be_cancelled(generate, tmp_path):
    with pytest.raises(KeyError, match="OUTPUT"):
        generate(PLACE, GUIDE=str(SAMPLE), feedback=ActingFeedback(cancel, "Reading layers"))
    assert not list(tmp_path.iterdir())


def test_heights_that_the_guide_gives_cannot_be_given_twice(generate):
    with pytest.raises(QgsProcessingException, match="leave RELIEF and BASE_ELEVATION at their defaults"):
        generate(PLACE, GUIDE=str(SAMPLE), RELIEF=2)
