# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models.generation import cascade as cascade_module
from geogan.models.generation.cascade import BLOCK_PX, Cascade
from geogan.models.generation.guide import GivenField
from geogan.models.generation.side_by_side import side_by_side
from geogan.models.generation.stage_field import StageField
from geogan.models.generation.world import World
from geogan.models.networks.pyramid import mean_pool
from geogan.models.statistics import FieldStatistics
from geogan.rasters.writing import order
from geogan.realism.grid_artefact import phase_variance


def _mosaic(cascade, seed, rows, cols):
    return np.block([[cascade.block(seed, row, col) for col in cols] for row in rows])


def test_a_block_has_the_same_bits_in_any_order_and_in_another_process_of_the_model(
    architecture, statistics, weights, cascade
):
    places = [(0, 0), (-BLOCK_PX, 0), (0, -BLOCK_PX), (BLOCK_PX * 4000, -BLOCK_PX * 3)]
    forwards = [cascade.block(3, *place) for place in places]
    fresh = Cascade(architecture, statistics, weights)
    backwards = [fresh.block(3, *place) for place in reversed(places)][::-1]
    for one, other in zip(forwards, backwards):
        assert one.dtype == np.float32
        assert one.shape == (BLOCK_PX, BLOCK_PX)
        np.testing.assert_array_equal(one, other)
    assert all(not np.array_equal(forwards[0], other) for other in forwards[1:])


def test_forgotten_coarse_blocks_come_back_with_the_same_bits(architecture, statistics, weights, monkeypatch):
    monkeypatch.setattr(cascade_module, "_blocks_of_a_row", lambda _: 1)
    forgetful = Cascade(architecture, statistics, weights)
    first = forgetful.block(3, 0, 0)
    assert all(len(stage._kept) <= 1 for stage in forgetful._stages)
    forgetful.block(3, 0, 4 * BLOCK_PX)
    np.testing.assert_array_equal(forgetful.block(3, 0, 0), first)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("seed", [3, 287])  # of 287, the networks' cells begin nearly a whole one off
def test_a_row_of_a_panel_computes_no_coarse_block_twice(cascade_of_three, monkeypatch, seed, threads):
    computed = []
    evaluated = StageField._evaluated

    def counted(self, *place):
        computed.append((self._index, *place))
        return evaluated(self, *place)

    monkeypatch.setattr(cascade_module, "_PANEL_PX", 4 * BLOCK_PX)
    monkeypatch.setattr(StageField, "_evaluated", counted)
    statistics = [stage._generator.statistics for stage in cascade_of_three._stages]
    fresh = Cascade(cascade_of_three.architecture, statistics, cascade_of_three.weights)
    cols = range(-BLOCK_PX, 4 * BLOCK_PX, BLOCK_PX)
    places = [(row, col) for row in (0, BLOCK_PX) for col in cols]
    blocks = list(side_by_side(lambda place: fresh.block(seed, *place), places, threads))
    coarse = [place for place in computed if place[0] < 2]
    assert len(coarse) == len(set(coarse))
    for place, block in blocks[::4]:
        np.testing.assert_array_equal(block, cascade_of_three.block(seed, *place))


def test_a_coarse_block_that_failed_is_computed_again(architecture, statistics, weights, monkeypatch):
    """Threads that waited for it fail as well."""
    cascade = Cascade(architecture, statistics, weights)
    others_wait, failures = threading.Event(), [MemoryError()]
    evaluated, result = StageField._evaluated, Future.result

    def failing(self, *place):
        if self._index == 0 and failures:
            assert others_wait.wait(10.0)
            raise failures.pop()
        return evaluated(self, *place)

    def noticed(self, timeout=None):
        if threading.current_thread().name.startswith("asks"):
            others_wait.set()
        return result(self, timeout)

    monkeypatch.setattr(StageField, "_evaluated", failing)
    monkeypatch.setattr(Future, "result", noticed)
    with ThreadPoolExecutor(2, "asks") as pool:
        asked = [pool.submit(cascade.block, 3, 0, 0) for _ in range(2)]
        assert all(isinstance(each.exception(), MemoryError) for each in asked)
    monkeypatch.undo()
    np.testing.assert_array_equal(
        cascade.block(3, 0, 0), Cascade(architecture, statistics, weights).block(3, 0, 0)
    )


def test_blocks_of_the_result_are_not_kept(cascade_of_three):
    guided = cascade_of_three.guided_by(GivenField(0, 0, np.zeros((4, 4))), 1)
    for each in (cascade_of_three, guided):
        for col in range(0, 4 * BLOCK_PX, BLOCK_PX):
            each.block(4, 0, col)
        assert not any(world.seed == 4 for world, _, _ in each._stages[-1]._kept)


def test_a_block_has_the_same_bits_whether_it_was_kept_for_others_or_not(cascade_of_three):
    world, last = cascade_of_three.world(5, 0), cascade_of_three._stages[-1]
    alone = last.window(world, 0, 0, BLOCK_PX)
    last.window(world, 3, 3, BLOCK_PX)
    kept = last.window(world, 0, 0, BLOCK_PX)
    np.testing.assert_array_equal(kept, alone)
    kept[:] = 0.0  # the caller's own
    np.testing.assert_array_equal(last.window(world, 0, 0, BLOCK_PX), alone)


def test_each_stage_of_three_is_guided_by_the_one_before(cascade_of_three):
    """Blocks at any corner of the coarser blocks are put together from their neighbours too."""
    valleys, detail = cascade_of_three._stages[1:]
    world = World(1, 0)
    coarse = cascade_of_three.guide(1).window(world, -8, -8, 32)  # all three: pixels -128 to 383
    middle = valleys.window(world, -32, -32, 128)
    fine = detail.window(world, -128, -128, BLOCK_PX)
    for guide, field in ((coarse, middle), (middle, fine)):
        means = field.reshape(guide.shape[0], 4, guide.shape[1], 4).mean((1, 3))
        assert np.corrcoef(guide.ravel(), means.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("which", ["cascade", "cascade_of_three"])
def test_there_is_no_seam_between_blocks(which, request):
    """Second differences across block borders are those inside, within two percent."""
    cascade = request.getfixturevalue(which)
    across, same_phase = [], []
    for seed in range(6):
        land = _mosaic(cascade, seed, (-BLOCK_PX, 0), (-BLOCK_PX, 0)).astype(np.float64)
        for field in (land, land.T):
            bends = np.abs(np.diff(field, 2, axis=0))  # bends[i] is centred on row i + 1
            centres = np.arange(1, len(field) - 1)
            # Across a border lie the two bends next to it; inside, those at the same phase of the lattice.
            is_across = np.isin(centres % BLOCK_PX, (0, BLOCK_PX - 1))
            across.append(bends[is_across])
            period = BLOCK_PX // 4  # of all lattices together
            same_phase.append(bends[np.isin(centres % period, (0, period - 1)) & ~is_across])
    assert np.mean(across) / np.mean(same_phase) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("which", ["cascade", "cascade_of_three"])
def test_the_networks_cells_begin_where_the_seed_says(which, request):
    cascade = request.getfixturevalue(which)
    for seed, corner in ((1, (0, 0)), (7, (-BLOCK_PX, BLOCK_PX))):
        down, right = cascade.origin(seed)
        last = cascade.field(len(cascade.architecture.stages) - 1)
        on_cells = last.window(cascade.world(seed, 0), corner[0] + down, corner[1] + right, BLOCK_PX)
        np.testing.assert_allclose(cascade.block(seed, *corner), on_cells, atol=0.01)


def test_no_place_is_preferred_where_the_networks_cells_begin_over_many_seeds(cascade_of_three):
    cells = cascade_of_three.architecture.largest_cell_px
    assert cells == 8 * 4 * 4
    origins = np.array([cascade_of_three.origin(seed) for seed in range(100 * cells)])
    counts = [np.bincount(origins[:, axis], minlength=cells) for axis in (0, 1)]
    assert np.min(counts) > 50  # of 100 each
    assert np.max(counts) < 160
    assert abs(np.corrcoef(origins.T)[0, 1]) < 0.05


def test_the_mean_over_seeds_shows_no_cells(cascade_of_three):
    """Though each world does: these networks have not learnt to hide them."""
    cells = cascade_of_three.architecture.largest_cell_px
    lands = [cascade_of_three.block(seed, 0, 0) for seed in range(40)]
    last, world = cascade_of_three.field(2), cascade_of_three.world
    on_cells = [last.window(world(seed, 0), 0, 0, BLOCK_PX) for seed in range(40)]
    for stride in (4, 16, cells):
        assert phase_variance(lands, stride).worst.p_value > 0.01
    assert phase_variance(on_cells, 4).worst.ratio > 4.0


def test_cells_that_something_given_lies_on_begin_where_it_does(cascade):
    guided = cascade.guided_by(GivenField(0, 0, np.zeros((4, 4))), 1)
    steered = cascade.steered_by(lambda _, field: field)
    told = cascade.conditioned_by(GivenField(0, 0, np.zeros((4, 4, 1))))
    assert [each.origin(7) for each in (guided, steered, told)] == [(0, 0)] * 3
    assert cascade.origin(7) != (0, 0)


def test_seeds_give_different_worlds(cascade):
    one, other = cascade.block(1, 0, 0), cascade.block(2, 0, 0)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.5
    assert one.std() > 1.0


def test_landscapes_of_one_seed_differ_in_form_and_in_height(architecture, statistics, weights):
    """The second landscape is ten times as high as the first; its vector is another one too."""
    both = [
        [
            low,
            FieldStatistics(
                10 * low.mean,
                10 * low.low_deviation,
                10 * low.form_deviation,
                10 * low.patch_deviation,
                tuple(10 * each for each in low.band_deviations),
            ),
        ]
        for (low,) in statistics
    ]
    random = np.random.default_rng(5)
    of_both = {
        name: random.normal(size=(2, array.shape[1])).astype(np.float32)
        if name.endswith("landscape/embeddings")
        else array
        for name, array in weights.items()
    }
    cascade = Cascade(architecture, both, of_both)
    quiet, wild = cascade.block(1, 0, 0, 0), cascade.block(1, 0, 0, 1)
    assert 5.0 < wild.std() / quiet.std() < 20.0
    assert np.corrcoef(quiet.ravel(), wild.ravel())[0, 1] < 0.999
    np.testing.assert_array_equal(cascade.block(1, 0, 0), quiet)


def test_without_variety_land_of_one_layout_is_the_same_for_every_seed(architecture, statistics, weights):
    calm, various = (Cascade(architecture, statistics, weights, variety) for variety in ([0.0], [1.0]))
    cells = np.random.default_rng(3).normal(500.0, 100.0, (160, 160)).astype(np.float32)
    one, other = (calm.guided_by(GivenField(-8, -8, cells), 1).block(seed, 0, 0) for seed in (1, 2))
    np.testing.assert_array_equal(one, other)
    most = various.guided_by(GivenField(-8, -8, cells), 1).block(1, 0, 0)
    half = various.with_variety([0.5]).guided_by(GivenField(-8, -8, cells), 1).block(1, 0, 0)
    assert 0.2 < np.std(half - one) / np.std(most - one) < 0.8


def test_large_forms_do_not_depend_on_variety(cascade):
    layout = cascade.field(0)
    ways = [each.world(1, 0) for each in (cascade, cascade.with_variety([0.3]))]
    assert ways == [World(1, 0), World(1, 0, 0.3)]
    np.testing.assert_array_equal(*(layout.window(world, 0, 0, 64) for world in ways))


def test_another_variety_is_another_world_and_the_first_is_kept(cascade):
    first = cascade.block(1, 0, 0)
    assert not np.array_equal(cascade.with_variety([0.5]).block(1, 0, 0), first)
    np.testing.assert_array_equal(cascade.block(1, 0, 0), first)


def test_the_detail_stage_is_guided_by_the_layout(cascade):
    """An untrained detail stage adds noise of its own scale only; the large forms are the layout's."""
    detail = cascade._stages[1]
    cells = detail._generator.stage.factor
    coarse = cascade.guide(1).window(World(1, 0), 0, 0, BLOCK_PX // cells)
    land = detail.window(World(1, 0), 0, 0, BLOCK_PX)
    means = mean_pool(land[None, :, :, None], cells).numpy()[0, :, :, 0]
    assert np.corrcoef(coarse.ravel(), means.ravel())[0, 1] > 0.9


def test_weights_that_do_not_fit_are_refused_by_name(architecture, statistics, weights):
    name = "detail/generator/entry/kernel"
    cases = {
        "lacks the weights": {key: value for key, value in weights.items() if key != name},
        "the network takes": {**weights, name: weights[name][..., :-1]},
        "not finite": {**weights, name: np.full_like(weights[name], np.nan)},
    }
    for sentence, broken in cases.items():
        with pytest.raises(GeoGanError, match=sentence) as refusal:
            Cascade(architecture, statistics, broken)
        assert name in str(refusal.value)


def test_both_sides_of_the_process_boundary_cut_the_world_into_the_same_blocks():
    """A piece that crossed a canonical block would come back cropped; neither room may import the other."""
    assert order.BLOCK_PX == BLOCK_PX
    assert order.PANEL_PX == cascade_module._PANEL_PX


def test_the_layout_is_turned_and_bent_before_it_guides_but_not_where_guiding_layers_say_what_lies_where(
    cascade,
):
    world = cascade.world(1, 0)
    layout, guide = cascade.field(0).window(world, 0, 0, 64), cascade.guide(1).window(world, 0, 0, 64)
    assert np.corrcoef(layout.ravel(), guide.ravel())[0, 1] < 0.99
    told = cascade.conditioned_by(GivenField(0, 0, np.zeros((4, 4, 1))))
    assert told._stages[1]._coarser is told._stages[0]
    shown = []
    cascade.steered_by(lambda index, field: shown.append(field) or field)
    np.testing.assert_array_equal(shown[0].window(world, 0, 0, 64), guide)


def test_along_a_guide_only_the_stages_that_are_made_are_steered_and_by_their_own_numbers(cascade_of_three):
    guided = cascade_of_three.guided_by(GivenField(0, 0, np.zeros((4, 4))), 1)
    steered = []
    land = guided.steered_by(lambda index, field: steered.append(index) or field)
    assert steered == [1, 2]
    np.testing.assert_array_equal(land.block(3, 0, 0), guided.block(3, 0, 0))
    assert guided.field(2) is guided._stages[-1]
