# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.diversity import diversity


@pytest.fixture(scope="module")
def landscape(power_law_noise):
    """Plains and mountains, 512 x 512 px in metres, from a sixth to six times the middling relief."""
    return _plains_and_mountains(power_law_noise, 30)


@pytest.fixture(scope="module")
def like_the_landscape(power_law_noise):
    """The sixteen 128 px pieces of another landscape, each taken for the field of a seed."""
    return _squares(np.roll(_plains_and_mountains(power_law_noise, 31), 50, axis=(0, 1)))


def _plains_and_mountains(power_law_noise, seed):
    wave = np.sin(2 * np.pi * np.arange(512) / 512)
    return 50.0 * np.exp(1.8 * np.outer(wave, wave)) * power_law_noise((512, 512), 3.0, seed)


def _squares(field):
    corners = np.ndindex(field.shape[0] // 128, field.shape[1] // 128)
    return [field[128 * row : 128 * row + 128, 128 * col : 128 * col + 128] for row, col in corners]


@pytest.fixture(scope="module")
def noise_everywhere_alike(power_law_noise):
    return [50.0 * power_law_noise((128, 128), 3.0, seed) for seed in range(60, 68)]


def test_the_same_field_from_every_seed_has_no_diversity(landscape):
    assert diversity([landscape], [landscape[:256, :256]] * 4) == 0


def test_real_places_are_as_diverse_as_real_places(landscape):
    places = _squares(landscape)
    assert diversity([landscape], places) == pytest.approx(1.0)
    assert 0.8 < diversity([landscape], places[::2]) < 1.2


def test_seeds_that_make_plains_and_mountains_are_as_diverse_as_a_land_of_both(landscape, like_the_landscape):
    assert 0.8 < diversity([landscape], like_the_landscape) < 1.2


def test_seeds_of_one_character_are_less_diverse_than_a_land_of_plains_and_mountains(
    landscape, noise_everywhere_alike
):
    assert 0 < diversity([landscape], noise_everywhere_alike) < 0.5


def test_on_land_everywhere_alike_noise_is_as_diverse(power_law_noise, noise_everywhere_alike):
    real = 50.0 * power_law_noise((512, 512), 3.0, 70)
    assert diversity([real], noise_everywhere_alike) == pytest.approx(1.0, abs=0.1)


def test_seeds_that_change_the_details_of_one_form_are_hardly_diverse(landscape, noise_everywhere_alike):
    form = landscape[128:256, 256:384]
    details = [form + 0.1 * form.std() / noise.std() * noise for noise in noise_everywhere_alike]
    assert 0 < diversity([landscape], details) < 0.4


def test_two_fields_from_many_seeds_are_less_diverse_than_one_from_each(landscape, like_the_landscape):
    collapsed = [like_the_landscape[0], like_the_landscape[1]] * 4
    pair = diversity([landscape], like_the_landscape[:2])
    assert diversity([landscape], collapsed) == pytest.approx(pair * 16 / 28)  # the pairs that differ


def test_a_land_twice_as_steep_everywhere_is_a_distance_of_ln_2(power_law_noise):
    ground = power_law_noise((128, 128), 3.0, 71)
    hills = np.concatenate([1.2**k * ground for k in range(6)], axis=1)
    apart = [abs(i - j) for i in range(6) for j in range(i)]
    expected = np.log(2) / (np.log(1.2) * np.mean(apart))
    assert diversity([hills], [ground, 2 * ground]) == pytest.approx(expected, rel=0.01)


def test_neither_height_nor_unit_nor_the_order_of_seeds_matters(landscape, like_the_landscape):
    expected = diversity([landscape], like_the_landscape)
    raised = [field + 100.0 * k for k, field in enumerate(like_the_landscape)]
    assert diversity([landscape], raised[::-1]) == pytest.approx(expected)
    in_feet = [field / 0.3048 for field in like_the_landscape]
    assert diversity([landscape / 0.3048], in_feet) == pytest.approx(expected)


def test_seeds_are_compared_at_the_same_place(landscape):
    place, other = landscape[:128, :128], landscape[300:428, 300:428]
    wide, swapped = np.hstack([place, other]), np.hstack([other, place])
    assert diversity([landscape], [wide, wide]) == 0
    assert diversity([landscape], [wide, swapped]) == pytest.approx(diversity([landscape], [place, other]))


def test_unequal_fields_are_compared_in_what_they_share(landscape, like_the_landscape):
    larger = [np.pad(field, ((0, 100), (0, 90))) for field in like_the_landscape[1:]]
    expected = diversity([landscape], like_the_landscape)
    assert diversity([landscape], [like_the_landscape[0], *larger]) == pytest.approx(expected)


def test_pieces_with_large_voids_are_left_out_and_specks_change_little(landscape, like_the_landscape):
    expected = diversity([landscape], like_the_landscape)
    void = np.full((128, 128), np.nan)
    assert diversity([landscape, void], [*like_the_landscape, void]) == expected
    specked = [field.copy() for field in like_the_landscape]
    for field in specked:
        field[5::16, 9::16] = np.nan
    assert diversity([landscape], specked) == pytest.approx(expected, rel=0.05)


def test_a_lake_is_far_from_mountains_but_not_infinitely(landscape):
    lake = np.zeros((128, 128))
    assert 1 < diversity([landscape], [lake, landscape[:128, :128]]) < 10


def test_less_than_six_places_or_two_seeds_say_nothing(landscape):
    seeds = [landscape[:64, :64], landscape[64:128, :64]]
    assert diversity([landscape[:64, :384]], seeds) is not None
    assert diversity([landscape[:64, :383]], seeds) is None
    assert diversity([landscape], seeds[:1]) is None
    assert diversity([landscape], []) is None
    assert diversity([], seeds) is None
    assert diversity([landscape], [field[:63] for field in seeds]) is None


@pytest.mark.parametrize("nothing", [np.full((512, 512), np.nan), np.full((512, 512), 7.0)])
def test_land_without_heights_or_slopes_says_nothing(landscape, nothing):
    assert diversity([nothing], [landscape[:128, :128], landscape[128:256, :128]]) is None


def test_the_fields_themselves_are_not_changed(landscape, like_the_landscape):
    real, seeds = landscape.copy(), [field.copy() for field in like_the_landscape]
    diversity([real], seeds)
    np.testing.assert_array_equal(real, landscape)
    np.testing.assert_array_equal(seeds, like_the_landscape)
