# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields whose metrics are known, and land that is compared."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.comparison import Reference, compare
from geogan.realism.measures import TEXTURE

WITHOUT_FLOW = (*TEXTURE, "geomorphons", "pits")  # the measures of land too low for windows of flow


@pytest.fixture(scope="session")
def power_law_noise():
    """Return make(shape, exponent, seed) -> heights whose power falls as k^-exponent.

    Each is cut from a field twice as long that repeats, so that its opposite rims do not fit. That field
    has the variance 1 on average over seeds; no seed is scaled, so that all are the same kind of ground.
    """

    def make(shape, exponent, seed):
        rows, cols = (2 * length for length in shape)
        waves = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(cols)[None, :])
        waves[0, 0] = np.inf
        power = waves**-exponent
        white = np.fft.fft2(np.random.default_rng(seed).normal(size=(rows, cols)))
        heights = np.fft.ifft2(white * np.sqrt(power / power.mean())).real
        return heights[: shape[0], : shape[1]]

    return make


def _crests(power_law_noise, seed):
    """Sharp crests between hollows, in metres: unlike noise, not alike turned upside down."""
    return 1000.0 - 300.0 * np.abs(power_law_noise((300, 280), 2.0, seed))


@pytest.fixture(scope="session")
def land(power_law_noise):
    return _crests(power_law_noise, 16)


@pytest.fixture(scope="session")
def other_land(power_law_noise):
    return _crests(power_law_noise, 17)


@pytest.fixture(scope="session")
def low_land(land):
    """Too low for windows of flow, which take the longest."""
    return land[:128, :192]


@pytest.fixture(scope="session")
def other_low_land(other_land):
    return other_land[:128, :192]


@pytest.fixture(scope="session")
def low_compared(low_land, other_low_land):
    return compare([low_land], [other_low_land], 30.0)


@pytest.fixture(scope="session")
def reference(land):
    return Reference([land], 30.0)


@pytest.fixture(scope="session")
def compared(reference, other_land):
    return reference.compare([other_land])
