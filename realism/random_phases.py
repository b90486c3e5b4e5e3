# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise with the power spectrum of land: what a realism that sees no forms takes for land."""

from __future__ import annotations

import numpy as np
from scipy import fft, ndimage

from .spectrum import without_plane

_MOST_ROWS_AND_COLS = 1024  # of the noise, to bound memory and time


def random_phases(field: np.ndarray, seed: int) -> np.ndarray:
    """Return noise with the power spectrum, the mean and the tilt of a field, but none of its forms.

    Surrogate data (Theiler et al. 1992): the amplitudes of all waves are kept and their phases drawn anew.
    The waves are those of the field's periodic component (Moisan 2011): without its plane and without the
    smooth component, which holds the jumps between opposite rims. Those jumps, taken for relief, would be a
    false cross of waves along rows and columns. The plane is added again; the smooth component is not,
    because it is largest along the rims, where the noise would show them.

    Args:
        field: heights (rows, cols), NaN for voids. With voids, the largest square without any is used.
        seed: of the phases.

    Returns:
        Heights without voids in the type of the field, as large as it, but at most 1024 px high and wide (the
        middle), and smaller where there are voids, down to nothing where all is void.
    """
    window = _middle(_largest_void_free_part(field))
    if min(window.shape) < 2:  # no plane, no waves
        return window.copy()
    flat = without_plane(window)
    amplitudes = np.abs(fft.rfft2(_periodic_component(flat)))
    # The waves of white noise have random phases, in pairs as those of any field of real numbers.
    white = fft.rfft2(np.random.default_rng(seed).normal(size=window.shape))
    noise = fft.irfft2(amplitudes * white / np.abs(white), window.shape)
    return (noise + (window - flat)).astype(field.dtype)


def _largest_void_free_part(field: np.ndarray) -> np.ndarray:
    """Return the whole field if it has no voids, else its largest square without any, as a view."""
    known = np.isfinite(field)
    if known.all():
        return field
    # Of a square of 2 d - 1 px around a pixel, d is the distance to the next void or to the outside.
    distances = ndimage.distance_transform_cdt(np.pad(known, 1), "chessboard")[1:-1, 1:-1]
    row, col = np.unravel_index(np.argmax(distances), field.shape)
    reach = distances[row, col]
    return field[row - reach + 1 : row + reach, col - reach + 1 : col + reach]


def _middle(field: np.ndarray) -> np.ndarray:
    rows, cols = (
        slice(max(0, (length - _MOST_ROWS_AND_COLS) // 2), (length + _MOST_ROWS_AND_COLS) // 2)
        for length in field.shape
    )
    return field[rows, cols]


def _periodic_component(field: np.ndarray) -> np.ndarray:
    """Return a field minus its smooth component: what is left goes on across opposite rims (Moisan 2011).

    The smooth component s solves the periodic Poisson equation: its discrete Laplacian is the jump between
    opposite rims at the rims, and 0 inside.
    """
    jumps = np.zeros_like(field)
    across_rows, across_cols = field[-1] - field[0], field[:, -1] - field[:, 0]
    jumps[0] += across_rows
    jumps[-1] -= across_rows
    jumps[:, 0] += across_cols
    jumps[:, -1] -= across_cols
    rows, cols = field.shape
    laplacian = (
        np.add.outer(2 * np.cos(2 * np.pi * fft.fftfreq(rows)), 2 * np.cos(2 * np.pi * fft.rfftfreq(cols)))
        - 4
    )
    laplacian[0, 0] = 1  # the mean stays with the periodic component: the jumps have none
    return field - fft.irfft2(fft.rfft2(jumps) / laplacian, field.shape)
