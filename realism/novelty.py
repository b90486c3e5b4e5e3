# SPDX-License-Identifier: GPL-3.0-or-later
"""Novelty: whether synthetic land is new, or copied from the land that the model was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.fft import dct

Fields = Sequence[np.ndarray]  # heights (rows, cols), NaN for voids; any number and sizes

_PATCH_PX = 64
_CELL_PX = 4  # patches are compared in cells of this side: neither noise nor a slight blur hides a copy
_CELLS = _PATCH_PX // _CELL_PX
_LEVEL = 1e-5  # a patch whose deviation over its mean height is less is level: water, or nothing at all
_SAME = 1e-4  # a distance of forms that only rounding makes
_MOST_PATCHES = 128  # about, of the synthetic and of the unseen land: they lie further apart in more land
_MOST_WINDOWS = 200_000  # about, of the training land, in which they are sought: likewise
_LEAST_SPACING_PX = 2  # of these windows
_WINDOWS_AT_ONCE = 4096  # about, to bound memory
_WAVES = 6  # to a side: as much of a form as the search for candidates sees
_CANDIDATES = 8  # for each patch, to be compared in full
_DISTINCT = 0.5  # a copy is less than this share as far from its original as from any other place
_SEEN_FROM = 0.25  # of the patches: land of which so many lie in other land is no land unseen there


class _Patches(NamedTuple):
    """Patches without voids that are not level."""

    forms: np.ndarray  # float32 (count, cells, cells), each with the mean 0 and the sum of squares 1
    fields: np.ndarray  # (count,), the number of the field that each lies in
    rows: np.ndarray  # (count,), of the first pixel in the field
    cols: np.ndarray  # (count,)


_NO_PATCHES = _Patches(np.empty((0, _CELLS, _CELLS), np.float32), *[np.empty(0, np.int64)] * 3)


class Copying(NamedTuple):
    """What two distances say of synthetic land: that to the training land, and that of unseen land to it."""

    novelty: float  # see `novelty`
    share_copied: float  # of the synthetic patches, 0 to 1


def novelty(training: Fields, synthetic: Fields, held_out: Fields | None = None) -> float | None:
    """Return the novelty that `copying` finds, or None.

    How far synthetic land is from the training land, over how far unseen real land is from it: the medians,
    over patches, of the distance to the nearest training patch. 1 is as far as unseen land. Below 0.8 most
    of it is copied, or it is smoother and simpler than the real land: the share copied tells which.
    """
    found = copying(training, synthetic, held_out)
    return None if found is None else found.novelty


def copying(training: Fields, synthetic: Fields, held_out: Fields | None = None) -> Copying | None:
    """Return how new synthetic land is, and how much of it was copied from the training land.

    For each 64 x 64 px patch of the synthetic and of the unseen land the nearest training patch is sought, at
    any pixel and in any of the eight symmetries. (Meehan, Chaudhuri and Dasgupta 2020 detect copying by these
    two distances, ranked instead of divided.)

    A median sees nothing before about half of the land is copied, and land much smoother than the real one is
    near to it everywhere without any copying: a Gaussian blur of 8 px takes about a quarter off. So patches
    that were copied are counted as well: those that are less than half as far from one place as from any
    other (Lowe 2004 tells true matches of images from chance ones so). Smooth land is as near to many places.
    Chance alone seldom makes such a patch: of 33 to 54 of unseen land, or of noise as rough as the real land
    or much smoother, it made one or none.

    The distance of two patches is that of their forms: heights averaged over 4 x 4 px, less the mean of the
    patch, over their root sum of squares. That is sqrt(2 - 2 r), with r the correlation of the two. Metres
    would hide copies, because quiet ground is near to any other quiet ground; and a copy that was raised or
    stretched is still a copy. Level patches have no form and are left out.

    Training land that holds the same place twice has no unseen patches of its own: it needs `held_out`.

    Args:
        training: heights (rows, cols), NaN for voids; patches that touch a void are left out.
        synthetic: the same, at the same pixel size.
        held_out: the same, real land that was not trained on. Without it patches of the training land stand
            in, each sought in all the training land but the ground that it lies on.

    Returns:
        Both; or None if one of the three has no patch to compare, or if most of the unseen land lies in the
        training land too.
    """
    unseen = training if held_out is None else held_out
    of_synthetic = _distances(synthetic, training, elsewhere=False)
    of_unseen = _distances(unseen, training, elsewhere=held_out is None)
    if not len(of_synthetic) or not len(of_unseen) or np.median(of_unseen[:, 0]) < _SAME:
        return None
    novel = float(np.median(of_synthetic[:, 0]) / np.median(of_unseen[:, 0]))
    return Copying(novel, float(np.mean(_is_at_its_place(of_synthetic))))


def lies_in(land: Fields, training: Fields) -> bool:
    """Return whether much of some land lies in the training land, so that it is no unseen land.

    A quarter is much: with half of it there, the median would be that of land which was learnt. Land without
    a patch to compare, NaN or level, tells of nothing unseen either.
    """
    distances = _distances(land, training, elsewhere=False)
    is_there = _is_at_its_place(distances) | (distances[:, 0] < _SAME)
    return not len(distances) or float(np.mean(is_there)) >= _SEEN_FROM


def _is_at_its_place(distances: np.ndarray) -> np.ndarray:
    """Return which patches have one place by far the nearest, bool (patches,); see `_distances`."""
    nearest, at_another_place = distances.T
    return nearest < _DISTINCT * at_another_place


def _distances(fields: Fields, training: Fields, elsewhere: bool) -> np.ndarray:
    """Return the distances of patches of some fields to their nearest training patches.

    Candidates are sought first: every few pixels, by the long waves of the forms. Distances of long waves
    alone are never larger than those in full (Faloutsos, Ranganathan and Manolopoulos 1994), so that what is
    near looks near already. The best, and all the pixels around them, are then compared in full.

    Args:
        fields: heights (rows, cols).
        training: the same, to be searched.
        elsewhere: the fields are the training itself, and no patch may find the ground that it lies on.

    Returns:
        float64 (patches, 2): to the nearest place, and to the nearest other one, which neither overlaps it
        nor is the same land again; 0 where there is none, so that nothing is said to be copied. Patches that
        find no place at all are left out.
    """
    patches = _spread_patches(fields)
    if not len(patches.forms):
        return np.empty((0, 2))
    spacing = max(_LEAST_SPACING_PX, _spacing(training, _MOST_WINDOWS))
    turned = _symmetries(patches.forms)
    long_waves = _long_waves(turned)
    found = []
    for windows in _strips(training, spacing):
        nearness = _nearness(long_waves, windows)
        if elsewhere:
            _forget_own_ground(nearness, patches, windows, _PATCH_PX + spacing)
        found.append(_nearest(nearness, windows))
    distances = [
        _distances_in_full(forms, candidates, training, spacing)
        for forms, candidates in zip(turned, np.stack(found, axis=1) if found else [])
    ]
    return np.array([each for each in distances if each is not None]).reshape(-1, 2)


def _spacing(fields: Fields, most: int) -> int:
    """Return how many pixels apart, in rows and columns, about `most` patches of all the fields lie."""
    return int(np.ceil(np.sqrt(sum(field.size for field in fields) / most)))


def _spread_patches(fields: Fields) -> _Patches:
    """Return about _MOST_PATCHES patches, evenly spread over the fields, that overlap by half at most."""
    spacing = max(_PATCH_PX // 2, _spacing(fields, _MOST_PATCHES))
    groups = [
        _patches(field[row : row + _PATCH_PX], number, spacing, first_row=row)
        for number, field in enumerate(fields)
        for row in range(0, field.shape[0] - _PATCH_PX + 1, spacing)
    ]
    pooled = _Patches(*(np.concatenate(each) for each in zip(_NO_PATCHES, *groups)))
    every = 1 + len(pooled.forms) // (2 * _MOST_PATCHES)  # more than 1 for very many small fields
    return _Patches(*(each[::every] for each in pooled))


def _strips(fields: Fields, spacing: int) -> Iterator[_Patches]:
    """Yield the patches at every `spacing`-th row and column, some thousands of one field at a time."""
    for number, field in enumerate(fields):
        windows_per_row = 1 + field.shape[1] // spacing
        # No higher than a patch, since a strip tells of one place: the next but one must be another.
        rows_at_once = spacing * max(1, min(_WINDOWS_AT_ONCE // windows_per_row, _PATCH_PX // spacing))
        for first_row in range(0, field.shape[0] - _PATCH_PX + 1, rows_at_once):
            strip = field[first_row : first_row + rows_at_once - 1 + _PATCH_PX]
            patches = _patches(strip, number, spacing, first_row)
            if len(patches.forms):
                yield patches


def _patches(strip: np.ndarray, number: int, spacing: int, first_row: int = 0) -> _Patches:
    """Return the patches at every `spacing`-th row and column of a strip of rows of a field."""
    if min(strip.shape) < _PATCH_PX:
        return _NO_PATCHES
    cells = _cell_means(_cell_means(np.asarray(strip, np.float32)).T).T
    reach = (_CELLS - 1) * _CELL_PX + 1
    windows = np.lib.stride_tricks.sliding_window_view(cells, (reach, reach))[::spacing, ::spacing]
    heights = windows[:, :, ::_CELL_PX, ::_CELL_PX].reshape(-1, _CELLS**2)
    means = heights.mean(axis=1, keepdims=True)
    forms = heights - means
    sizes = np.sqrt(np.einsum("ij,ij->i", forms, forms))
    kept = sizes > _LEVEL * _CELLS * np.abs(means[:, 0])  # False for NaN, which a void makes of all
    forms = (forms[kept] / sizes[kept, None]).reshape(-1, _CELLS, _CELLS)
    rows, cols = spacing * np.indices(windows.shape[:2]).reshape(2, -1)[:, kept]
    return _Patches(forms, np.full_like(rows, number), first_row + rows, cols)


def _cell_means(heights: np.ndarray) -> np.ndarray:
    """Return the means of every _CELL_PX rows in a row. No running sum, which would spread voids."""
    count = len(heights) - _CELL_PX + 1
    return sum(heights[first : first + count] for first in range(_CELL_PX)) / np.float32(_CELL_PX)


def _symmetries(forms: np.ndarray) -> np.ndarray:
    """Return forms (count, cells, cells) in all their mirror images and quarter turns, (count, 8, ...)."""
    mirrored = [forms, forms[:, ::-1], forms[:, :, ::-1], forms[:, ::-1, ::-1]]
    return np.stack([*mirrored, *(each.transpose(0, 2, 1) for each in mirrored)], axis=1)


def _long_waves(forms: np.ndarray) -> np.ndarray:
    """Return the first cosine coefficients of forms (..., cells, cells), without the mean: (..., 35)."""
    waves = dct(np.eye(_CELLS, dtype=np.float32), norm="ortho", axis=0)[:_WAVES]
    return (waves @ forms @ waves.T).reshape(*forms.shape[:-2], -1)[..., 1:]


def _nearness(long_waves: np.ndarray, windows: _Patches) -> np.ndarray:
    """Return how near windows look to patches in all symmetries (patches, 8, 35): (patches, 8, windows).

    The product of the two less half the square of the window: half the squared distance, negative and
    without the square of the patch, which is the same for all its windows and symmetries.
    """
    sought = np.concatenate([long_waves, np.ones_like(long_waves[..., :1])], axis=-1)
    there = _long_waves(windows.forms)
    there = np.concatenate([there, -0.5 * np.sum(there**2, axis=1, keepdims=True)], axis=1)
    return (sought.reshape(-1, sought.shape[-1]) @ there.T).reshape(*sought.shape[:2], -1)


def _forget_own_ground(nearness: np.ndarray, patches: _Patches, windows: _Patches, reach_px: int) -> None:
    """Make windows less than `reach_px` from a patch, in rows and in columns, infinitely far from it."""
    near = (patches.fields == windows.fields[0]) & (patches.rows > windows.rows[0] - reach_px)
    for patch in np.flatnonzero(near & (patches.rows < windows.rows[-1] + reach_px)):
        rows_apart = np.abs(windows.rows - patches.rows[patch])
        cols_apart = np.abs(windows.cols - patches.cols[patch])
        nearness[patch][:, np.maximum(rows_apart, cols_apart) < reach_px] = -np.inf


def _nearest(nearness: np.ndarray, windows: _Patches) -> np.ndarray:
    """Return each patch's best window: nearness, symmetry, field, row and col, float64 (patches, 5)."""
    flat = nearness.reshape(len(nearness), 8 * len(windows.forms))
    winners = flat.argmax(axis=1)
    symmetries, chosen = np.divmod(winners, len(windows.forms))
    places = windows.fields[chosen], windows.rows[chosen], windows.cols[chosen]
    nearest = flat[np.arange(len(flat)), winners].astype(np.float64)  # which holds places exactly as well
    return np.stack([nearest, symmetries, *places], axis=1)


def _distances_in_full(
    forms: np.ndarray, candidates: np.ndarray, training: Fields, spacing: int
) -> tuple[float, float] | None:
    """Return the distances of a patch, in its symmetries (8, cells, cells), to two places; see `_distances`.

    Looked at are the best of its candidates (strips, 5) and all windows less than `spacing` px around them.
    None if there is no candidate.
    """
    order = np.argsort(-candidates[:, 0], kind="stable")[:_CANDIDATES]
    places = candidates[order[np.isfinite(candidates[order, 0])], 1:].astype(int)
    if not len(places):
        return None
    squares = np.empty(len(places))
    for index, (symmetry, number, row, col) in enumerate(places):
        top, left = max(0, row - spacing + 1), max(0, col - spacing + 1)
        around = training[number][top : row + spacing - 1 + _PATCH_PX, left : col + spacing - 1 + _PATCH_PX]
        differences = _patches(around, number, 1).forms - forms[symmetry]
        squares[index] = np.einsum("ijk,ijk->i", differences, differences).min()
    distances = np.sqrt(squares)
    nearest = distances.argmin()
    apart = np.abs(places[:, 2:] - places[nearest, 2:]).max(axis=1)
    is_other = (apart >= _PATCH_PX) | (places[:, 1] != places[nearest, 1])
    is_other &= distances > distances[nearest] + _SAME
    return float(distances[nearest]), float(distances[is_other].min()) if is_other.any() else 0.0
