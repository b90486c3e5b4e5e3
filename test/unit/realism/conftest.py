# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields whose metrics are known."""

from __future__ import annotations

import numpy as np
import pytest


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
