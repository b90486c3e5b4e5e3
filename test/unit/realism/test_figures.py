# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

import numpy as np
import pytest
from geogan.realism.drawing import REAL, SYNTHETIC, WIDTH_PX
from geogan.realism.figure_maps import hillshade, hillshades, river_maps, views
from geogan.realism.figures import LABELS, figures
from matplotlib import image
from matplotlib.colors import to_rgb

GAP_PX = 14  # between maps, as shown
RIVER = "#08306b"
NAMES = ["hillshade", "rivers", "landforms", "hypsometry", "slope", "spectrum"]


@pytest.fixture(scope="module")
def lands(power_law_noise):
    """Three pieces of like land, 144 x 128 px, in metres."""
    return [30.0 * power_law_noise((144, 128), 2.0, seed).astype(np.float32) for seed in (30, 31, 32)]


@pytest.fixture(scope="module")
def drawn(lands):
    return dict(figures(lands[:1], lands[1:2], 30.0))


def pixels(png):
    return image.imread(io.BytesIO(png), format="png")


def test_there_is_every_figure_at_twice_its_width(drawn):
    assert list(drawn) == NAMES
    assert {pixels(png).shape[1] for png in drawn.values()} == {2 * WIDTH_PX}


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_not_empty(drawn, name):
    assert np.std(pixels(drawn[name])[..., :3]) > 0.02


def test_the_same_land_gives_the_same_figures_and_other_land_others(lands, drawn):
    again = dict(figures(lands[:1], lands[1:2], 30.0))
    other = dict(figures(lands[:1], lands[2:], 30.0))

    assert again == drawn
    assert all(other[name] != drawn[name] for name in NAMES)


def panels(png, count=2):
    """The maps of a picture, side by side, each without its title and what is written below."""
    picture = pixels(png)[..., :3]
    width = (picture.shape[1] - (count - 1) * 2 * GAP_PX) // count
    rows = slice(60, picture.shape[0] - 60)
    return [picture[rows, i * (width + 2 * GAP_PX) :][:, :width] for i in range(count)]


def of_lands(draw, real, synthetic):
    return draw({REAL: real, SYNTHETIC: synthetic}, 30.0, LABELS)


def test_both_maps_have_one_light_and_one_stretch(lands):
    same = panels(of_lands(hillshades, lands[0], lands[0]))
    inside = (slice(None, -80), slice(None))  # above the bar that tells the scale
    np.testing.assert_allclose(same[0][inside], same[1][inside], atol=0.05)

    steep, flat = panels(of_lands(hillshades, lands[0], 0.3 * lands[0]))
    assert np.std(flat[inside]) < 0.6 * np.std(steep[inside]), "flatter land is not brought to the other's"


def test_rivers_are_drawn_where_water_runs_and_hollows_where_it_stands():
    rows, cols = np.mgrid[0:160, 0:160].astype(float)
    gutter = 5.0 * np.abs(cols - 80) + (160 - rows)  # a valley that falls to the south
    bowl = gutter + 400.0 - 380.0 * (np.hypot(rows - 80, cols - 40) < 15)

    valley, holed = panels(of_lands(river_maps, gutter, bowl))

    def share_of(picture, colour, of):
        return (np.abs(picture - np.array(to_rgb(colour))) < 0.12).all(-1)[of].mean()

    width = valley.shape[1]
    middle = (slice(200, -100), slice(width // 2 - 8, width // 2 + 8))
    assert share_of(valley, RIVER, middle) > 0.05
    assert share_of(valley, RIVER, (slice(200, -100), slice(width // 8, width // 4))) == 0.0
    is_hollow = (holed[..., 0] > holed[..., 2] + 0.3).mean(), (valley[..., 0] > valley[..., 2] + 0.3).mean()
    assert is_hollow[0] > 0.01
    assert is_hollow[1] == 0.0


def test_labels_come_from_the_caller(lands, drawn):
    translated = dict(figures(lands[:1], lands[1:2], 30.0, {"real": "Echt", "synthetic": "Künstlich"}))

    assert all(translated[name] != drawn[name] for name in NAMES)


def test_land_with_voids_is_drawn(lands):
    real, synthetic = (land.copy() for land in lands[:2])
    real[:30], synthetic[50:60, 50:60] = np.nan, np.nan

    assert list(dict(figures([real], [synthetic], 30.0))) == NAMES


@pytest.mark.parametrize("shape", [(3, 3), (5, 40), (24, 24), (64, 200)])
def test_of_tiny_land_some_figures_are_left_out_and_none_fails(power_law_noise, shape):
    real, synthetic = (power_law_noise(shape, 2.0, seed) for seed in (33, 34))

    found = dict(figures([real], [synthetic], 30.0))

    assert {"hillshade", "rivers"} <= set(found) <= set(NAMES)


def test_level_land_is_drawn():
    level = np.full((100, 100), 7.0)

    assert "hillshade" in dict(figures([level], [level], 30.0))


def test_fields_of_other_sizes_are_shown_at_the_same_size(power_law_noise):
    large, small = power_law_noise((700, 600), 2.0, 35), power_law_noise((300, 200), 2.0, 36)

    shown = views({"real": [large], "synthetic": [small]})

    assert shown["real"].shape == shown["synthetic"].shape == (300, 200)


def test_of_a_strip_from_north_to_south_a_part_is_shown_that_is_no_thin_map(power_law_noise):
    strip = power_law_noise((480, 128), 2.0, 38)

    assert views({"real": [strip], "synthetic": [strip]})["real"].shape == (192, 128)
    assert views({"real": [strip.T], "synthetic": [strip.T]})["real"].shape == (128, 480)


def test_a_map_shows_land_rather_than_voids_and_sea(power_law_noise):
    half = power_law_noise((400, 800), 2.0, 37)
    half[:, :400] = 0.0
    half[:, 400:500] = np.nan

    shown = views({"real": [half], "synthetic": [half[:, 500:800]]})

    assert np.isfinite(shown["real"]).all()
    assert np.mean(shown["real"] == 0) == 0


def test_slopes_to_the_north_west_are_bright_and_those_to_the_south_east_dark():
    south_eastward = np.add.outer(np.arange(20.0), np.arange(20.0))
    level, bright, dark = (hillshade(factor * south_eastward, 1.0)[10, 10] for factor in (0.0, 0.3, -0.3))

    assert level == pytest.approx(np.sqrt(0.5))
    assert bright > 0.9
    assert dark < 0.4


def test_a_slope_that_faces_the_light_is_as_bright_as_can_be():
    facing = np.add.outer(np.arange(20.0), np.arange(20.0)) * np.sqrt(0.5)  # 45 degrees to the north-west

    np.testing.assert_allclose(hillshade(facing, 1.0), 1.0)


def test_every_label_is_a_text():
    assert all(isinstance(text, str) and text for text in LABELS.values())
