# SPDX-License-Identifier: GPL-3.0-or-later
"""The radial power spectrum of heights: how much relief there is at each wavelength."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .windows import spread_windows

_MOST_WINDOWS = 1024  # about: windows lie further apart in fields that would have more
_LEAST_SHARE = 1e-12  # of the strongest power: what no spectrum of heights in float32 falls below


def radial_power_spectrum(fields: Sequence[np.ndarray], window_px: int = 128) -> np.ndarray | None:
    """Return the power of heights at the wavelengths window_px / k pixels, for k from 1 to window_px / 2.

    Welch's method (1967): from every window the least-squares plane is removed and a Hann window laid over
    it; then P(k) is the mean, over all windows and over all waves (i, j) with round(sqrt(i^2 + j^2)) = k,
    of |FFT|^2 / sum(hann^2). Divided so, white noise has its variance at every k.

    Args:
        fields: heights (rows, cols), NaN for voids. Windows overlap by half, lie further apart in large
            fields, and are left out where they touch a void.
        window_px: side of the windows, an even number.

    Returns:
        Power in squared units of height, float64 (window_px / 2,), k = 1 first; or None if there is no
        window without voids.
    """
    taper = np.outer(*[np.sin(np.pi * (np.arange(window_px) + 0.5) / window_px) ** 2] * 2)
    power = np.zeros((window_px, window_px))
    count = 0
    for window in _void_free_windows(fields, window_px):
        power += np.abs(np.fft.fft2(without_plane(window) * taper)) ** 2
        count += 1
    return _ring_means(power)[1:] / (count * np.sum(taper**2)) if count else None


def _void_free_windows(fields: Sequence[np.ndarray], window_px: int) -> Iterator[np.ndarray]:
    """Yield whole windows without voids, about _MOST_WINDOWS of them at most, as views."""
    for window in spread_windows(fields, window_px, window_px // 2, _MOST_WINDOWS):
        if window.shape == (window_px, window_px) and np.isfinite(window).all():
            yield window


def without_plane(window: np.ndarray) -> np.ndarray:
    """Return a window of heights minus its least-squares plane, float64; without voids, any shape."""
    residual = window - np.mean(window, dtype=np.float64)
    rows, cols = (np.arange(length) - (length - 1) / 2 for length in window.shape)
    # Rows and columns counted from the middle are orthogonal: each slope is found on its own.
    for position in (rows[:, None], cols[None, :]):
        squares = np.sum(np.broadcast_to(position, window.shape) ** 2)
        residual -= position * (np.sum(residual * position) / squares)
    return residual


def _ring_means(power: np.ndarray) -> np.ndarray:
    """Return the means of a square 2-D spectrum over rings of whole wave number, 0 to half the side."""
    side = len(power)
    waves = np.fft.fftfreq(side, 1 / side)
    rings = np.rint(np.hypot(waves[:, None], waves[None, :])).astype(np.int64).ravel()
    kept = side // 2 + 1  # beyond are the corners of the square, not whole rings
    return np.bincount(rings, power.ravel())[:kept] / np.bincount(rings)[:kept]


def spectral_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean of |log10(P1(k) / P2(k))| over all wave numbers k of two spectra of equal windows.

    The distance of log spectra of Gray & Markel (1976), by their norm L1.

    Returns:
        0 for equal spectra; 0.3 if one has twice the power of the other throughout; at most 12, because
        power below 1e-12 of the strongest counts as that (a field without any relief has none).
    """
    least = _LEAST_SHARE * max(first.max(), second.max())
    if least == 0:
        return 0.0
    return float(np.mean(np.abs(np.log10(np.maximum(first, least) / np.maximum(second, least)))))
