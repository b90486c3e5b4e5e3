# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib

import numpy as np
import pytest
from geogan.models.latent import latent_field, origin_of, share_of
from hypothesis import given
from hypothesis import strategies as st

places = st.integers(-(2**40), 2**40)
sizes = st.integers(1, 24)


def test_the_field_has_the_published_check_values():
    """Another hash, or another order of its steps, is another world for every seed ever used."""
    field = latent_field(seed=42, level=3, row=-7, col=11, height=64, width=48, channels=4)
    assert field.dtype == np.float32
    assert hashlib.sha256(field.astype("<f4").tobytes()).hexdigest() == (
        "ef19fe655c2e720a4cff6969e0c27c8e722e96dba1d1aadfd66a5d26f8445dd7"
    )


@given(places, places, sizes, sizes, st.data())
def test_a_window_holds_what_any_larger_window_holds_there(row, col, height, width, data):
    top, left = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))
    larger = latent_field(5, 0, row - top, col - left, height + top + 3, width + left + 2, 3)
    window = latent_field(5, 0, row, col, height, width, 3)
    np.testing.assert_array_equal(window, larger[top : top + height, left : left + width])


def test_the_field_is_near_normal():
    field = latent_field(1, 0, -256, -256, 512, 512, 4).astype(np.float64)
    assert abs(field.mean()) < 0.003
    assert abs(field.std() - 1.0) < 0.002
    kurtosis = (field**4).mean() / (field**2).mean() ** 2
    assert abs(kurtosis - (3.0 - 1.2 / 4)) < 0.02  # of the sum of four uniform values
    assert np.abs(field).max() <= 3.5


def test_neighbours_channels_levels_and_seeds_are_unrelated():
    base = latent_field(1, 0, 0, 0, 256, 256, 2)
    others = {
        "next row": latent_field(1, 0, 1, 0, 256, 256, 2),
        "next column": latent_field(1, 0, 0, 1, 256, 256, 2),
        "transposed": base.transpose(1, 0, 2),
        "other channel": base[..., ::-1],
        "next level": latent_field(1, 1, 0, 0, 256, 256, 2),
        "next seed": latent_field(2, 0, 0, 0, 256, 256, 2),
        "mirrored": latent_field(1, 0, -255, 0, 256, 256, 2)[::-1],
    }
    for name, other in others.items():
        different = base != other
        correlation = np.corrcoef(base[different], other[different])[0, 1]
        assert abs(correlation) < 5 / 256, name  # about four standard errors, halved samples for mirrors


def test_any_whole_number_is_a_seed():
    fields = [latent_field(seed, 0, 0, 0, 4, 4, 1).tobytes() for seed in (0, -1, 2**63, 2**64 - 2)]
    assert len(set(fields)) == 4
    assert latent_field(-1, 0, 0, 0, 4, 4, 1).tobytes() == latent_field(2**64 - 1, 0, 0, 0, 4, 4, 1).tobytes()


def test_the_cells_of_a_world_begin_at_the_published_places():
    """Other places are another world for every seed ever used."""
    assert [origin_of(seed, 64) for seed in (0, 1, -1, 2**63)] == [(40, 11), (4, 10), (11, 61), (52, 36)]
    assert origin_of(5, 1) == (0, 0)


def test_a_seed_draws_the_same_share_everywhere_and_none_more_often_than_another():
    assert share_of(-1) == share_of(2**64 - 1)
    shares = [share_of(seed) for seed in range(2000)]
    assert all(0.0 <= share < 1.0 for share in shares)
    assert np.histogram(shares, 4, (0, 1))[0] == pytest.approx(500, rel=0.12)
