# SPDX-License-Identifier: GPL-3.0-or-later
"""The sliced Wasserstein distance of small patches: how like the forms of land are, at four sizes.

Slope, curvature and relief look at one number of each place; a patch is all heights of a place together, so
that it also tells a crest from a row of knobs. Karras et al. (2018, arXiv 1710.10196) compare images so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_LEVELS = 4  # of the pyramid: a patch spans 7, 14, 28 and 56 px
_PATCH_PX = 7
_MOST_PATCHES = 2048  # about, of one level
_DIRECTIONS = 64  # 512 of them give the same distances to 2 %
_QUANTILES = 512  # that stand for the patches seen from one direction
_WINDOW_PX = 256  # fields are measured in windows of at most this side
_MOST_WINDOWS = 64  # about: they lie apart in fields that have room for more


@dataclass(frozen=True)
class PatchDistributions:
    """The patches of one level, as they look from each direction."""

    quantiles: np.ndarray  # in units of height, float32 (directions, levels of the quantiles), rising
    deviation: float  # standard deviation of the heights in the patches, in units of height


def patch_distributions(fields: Sequence[np.ndarray]) -> list[PatchDistributions | None]:
    """Return the distributions of 7 x 7 patches on the four levels of the Laplacian pyramid, finest first.

    A level is the field averaged over 1, 2, 4 or 8 px, minus the same averaged twice as far and interpolated
    back (Burt & Adelson 1983, here with means of 2 x 2 px and bilinear interpolation). So neither a shift nor
    a tilt of the land counts, and each level shows the forms of one size alone. The patches keep their means,
    which tell crests from hollows.

    Args:
        fields: heights (rows, cols), NaN for voids. Patches that touch a void are left out; about 2048 of a
            level are taken, evenly spread.

    Returns:
        The distributions of each level; None for a level on which there is no patch.
    """
    windows = list(_windows(fields))
    directions = _directions()
    levels: list[list[np.ndarray]] = [[] for _ in range(_LEVELS)]
    for window in windows:
        for patches, band in zip(levels, _bands(window)):
            patches.append(_spread_patches(band, _MOST_PATCHES / len(windows)))
    return [_distributions(patches, directions) for patches in levels]


def sliced_wasserstein(
    first: Sequence[PatchDistributions | None],
    second: Sequence[PatchDistributions | None],
    reference: Sequence[PatchDistributions | None],
) -> float | None:
    """Return the mean sliced Wasserstein-1 distance of patches, over the levels that all three have.

    The Wasserstein distance of a level is the mean over directions of that of the patches projected on them
    (Rabin et al. 2011), in units of the reference's standard deviation on that level.

    Returns:
        0 for equal distributions; 0.1 or so is easily seen; None where no level can be compared.
    """
    distances = [
        np.mean(np.abs(one.quantiles - other.quantiles)) / unit.deviation
        for one, other, unit in zip(first, second, reference)
        if one and other and unit and unit.deviation > 0
    ]
    return float(np.mean(distances)) if distances else None


def _windows(fields: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield windows that cover the fields, or lie evenly spread in large ones, as views."""
    pixels = sum(field.size for field in fields)
    spacing = max(_WINDOW_PX, int(np.ceil(np.sqrt(pixels / _MOST_WINDOWS))))
    for field in fields:
        for top in _starts(field.shape[0], spacing):
            for left in _starts(field.shape[1], spacing):
                yield field[top : top + _WINDOW_PX, left : left + _WINDOW_PX]


def _starts(length: int, spacing: int) -> np.ndarray:
    """Return where windows start along a side: at most `spacing` apart, the last one at the end."""
    last = max(0, length - _WINDOW_PX)
    return np.linspace(0, last, 1 + -(-last // spacing)).astype(np.int64)


def _bands(window: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the levels of the Laplacian pyramid, float32, NaN near voids; empty where there is no room."""
    fine = np.asarray(window, np.float32)
    known = np.isfinite(fine)
    fine = fine - (np.mean(fine[known], dtype=np.float64).astype(np.float32) if known.any() else 0)
    for _ in range(_LEVELS):
        coarse = _halved(fine)
        back = _doubled(_doubled(coarse).T).T
        yield fine[1 : 1 + back.shape[0], 1 : 1 + back.shape[1]] - back
        fine = coarse


def _halved(field: np.ndarray) -> np.ndarray:
    """Return the means of 2 x 2 pixels; an odd last row or column is left out."""
    rows, cols = (length // 2 * 2 for length in field.shape)
    pairs = field[:rows:2, :cols] + field[1:rows:2, :cols]
    return (pairs[:, ::2] + pairs[:, 1::2]) / 4


def _doubled(field: np.ndarray) -> np.ndarray:
    """Interpolate n rows linearly to the 2 n - 2 of twice the resolution that lie between their middles."""
    doubled = np.empty((max(0, 2 * field.shape[0] - 2), field.shape[1]), field.dtype)
    doubled[::2] = 0.75 * field[:-1] + 0.25 * field[1:]
    doubled[1::2] = 0.25 * field[:-1] + 0.75 * field[1:]
    return doubled


def _spread_patches(band: np.ndarray, most: float) -> np.ndarray:
    """Return about `most` patches without voids, evenly spread over a band, float32 (count, 49)."""
    room = [length - _PATCH_PX + 1 for length in band.shape]
    if min(room) < 1:
        return np.empty((0, _PATCH_PX**2), np.float32)
    # Odd, so that no pattern of 2, 4 or 8 px, which networks leave, hides between the patches.
    spacing = int(np.sqrt(room[0] * room[1] / most)) | 1
    patches = np.lib.stride_tricks.sliding_window_view(band, (_PATCH_PX, _PATCH_PX))[::spacing, ::spacing]
    patches = patches.reshape(-1, _PATCH_PX**2)
    return patches[np.isfinite(patches).all(axis=1)]


def _directions() -> np.ndarray:
    """Return unit vectors in all directions of the space of patches, the same every time, (49, count)."""
    vectors = np.random.default_rng(0).normal(size=(_PATCH_PX**2, _DIRECTIONS))
    return (vectors / np.linalg.norm(vectors, axis=0)).astype(np.float32)


def _distributions(groups: Sequence[np.ndarray], directions: np.ndarray) -> PatchDistributions | None:
    patches = np.concatenate([np.empty((0, len(directions)), np.float32), *groups])
    if not len(patches):
        return None
    ordered = np.sort((patches @ directions).T, axis=1)
    levels = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return PatchDistributions(
        ordered[:, (levels * len(patches)).astype(np.int64)], float(np.std(patches, dtype=np.float64))
    )
