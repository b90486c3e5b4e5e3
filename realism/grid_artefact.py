# SPDX-License-Identifier: GPL-3.0-or-later
"""Grid artefacts: what a network's strides and blocks leave in the land that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_STRIP_ROWS = 256  # fields are measured in strips of this many rows, to bound memory
_ROUNDING = 1e-12  # a share of the mean square: a variance below it is what float64 makes of level land
_RESAMPLES = 999
_RESAMPLES_SEED = 0  # so that the same fields always have the same result


@dataclass(frozen=True)
class PhaseDeviation:
    """How far the mean of the worst phase is from the mean of all, beside what sampling alone would give.

    A phase is a position modulo the stride, (row, col). Deviations have no unit: 0.02 is 2 %.
    """

    largest: float  # of bends over their mean, of heights over their standard deviation
    expected: float  # the mean of the largest deviation if there were no artefact
    p_value: float  # how often chance alone gives a larger one; at least 0.001

    @property
    def ratio(self) -> float:
        """1 = within sampling error; chance alone seldom goes beyond 2. 0 if there is no deviation."""
        return self.largest / self.expected if self.largest else 0.0


@dataclass(frozen=True)
class GridArtefact:
    """The phase deviations of three quantities."""

    height: PhaseDeviation
    bend_along_cols: PhaseDeviation  # |z(row - 1) - 2 z(row) + z(row + 1)|, which horizontal lines raise
    bend_along_rows: PhaseDeviation  # |z(col - 1) - 2 z(col) + z(col + 1)|, which vertical lines raise

    @property
    def worst(self) -> PhaseDeviation:
        """The one with the largest ratio."""
        return max(self.height, self.bend_along_cols, self.bend_along_rows, key=lambda each: each.ratio)


@dataclass(frozen=True)
class SeamRatio:
    """Bends at the borders of blocks over bends elsewhere; 1 = no seam. `inf` if there are none elsewhere."""

    same_phase: float  # over those at the other lines of the stride: of the blocks' making alone
    inside: float  # over those at all other rows and columns: what is seen, the stride's pattern included
    error: float  # standard error of `same_phase`: how far from 1 the lines of the stride are by chance


def phase_variance(fields: Iterable[np.ndarray], stride: int) -> GridArtefact | None:
    """Compare heights and bends at each position modulo a stride, over fields of different seeds.

    Strided, transposed and depth-to-space convolutions treat each phase with other weights (Odena, Dumoulin
    and Olah 2016, "Deconvolution and checkerboard artifacts"). The mean over seeds and pixels of a phase is
    compared with the mean of all phases. Seeds are independent of one another, pixels are not: so the
    sampling error is taken from the scatter between seeds, by a wild bootstrap (Liu 1988), which sums their
    deviations, less their mean, with random signs.

    Args:
        fields: heights (rows, cols), NaN for voids, one a seed and all beginning at the same phase. Each is
            looked at once and then forgotten. Few seeds estimate the error badly: 16 or more are best.
        stride: in pixels, at least 2: each of the network's own, 2, 4, 8 and so on.

    Returns:
        The deviations; or None if there are less than two fields in which every phase has both bends.
    """
    seeds = [seed for seed in (_phase_means(field, stride) for field in fields) if seed is not None]
    if len(seeds) < 2:
        return None
    means, scales = (np.array(each) for each in zip(*seeds))  # (seeds, 3, phases) and (seeds, 3)
    scale = scales.mean(axis=0)
    scale[scale == 0] = 1  # of level land, whose deviations are 0 as well
    deviations = (means - means.mean(axis=2, keepdims=True)) / scale[:, None]
    return GridArtefact(*(_phase_deviation(deviations[:, quantity]) for quantity in range(3)))


def _phase_means(field: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the means (3, phases) of height and both bends by phase, and what they are measured by (3,).

    Heights are measured by their standard deviation, bends by their mean. None if a phase has no value.
    """
    sums, counts, squares = np.zeros((3, stride**2)), np.zeros((3, stride**2)), 0.0
    for top in range(0, field.shape[0], _STRIP_ROWS):
        strip = np.asarray(field[top : top + _STRIP_ROWS + 2], np.float64)
        heights = strip[:_STRIP_ROWS]
        squares += np.nansum(heights**2)
        quantities = (heights, top, 0), (_bends(strip), top + 1, 0), (_bends(heights.T).T, top, 1)
        for quantity, (values, first_row, first_col) in enumerate(quantities):
            phase_rows, phase_cols = (
                (first_row, first_col)[axis] + np.arange(values.shape[axis]) for axis in (0, 1)
            )
            phases = np.add.outer(phase_rows % stride * stride, phase_cols % stride)
            known = np.isfinite(values)
            sums[quantity] += np.bincount(phases[known], values[known], stride**2)
            counts[quantity] += np.bincount(phases[known], minlength=stride**2)
    if not counts.all():
        return None
    scales = sums.sum(axis=1) / counts.sum(axis=1)
    mean_square = squares / counts[0].sum()
    variance = mean_square - scales[0] ** 2
    scales[0] = np.sqrt(variance) if variance > _ROUNDING * mean_square else 0.0
    return sums / counts, scales


def _bends(heights: np.ndarray) -> np.ndarray:
    """Return |second difference| down the rows, (rows - 2, cols): how much each column bends at a row."""
    return np.abs(np.diff(heights, n=2, axis=0))


def _phase_deviation(deviations: np.ndarray) -> PhaseDeviation:
    """Return the largest mean of deviations (seeds, phases), and what random signs make of them instead."""
    count = len(deviations)
    means = deviations.mean(axis=0)
    largest = np.abs(means).max()
    scatter = (deviations - means) * np.sqrt(count / (count - 1))
    signs = np.random.default_rng(_RESAMPLES_SEED).choice([-1.0, 1.0], (_RESAMPLES, count))
    by_chance = np.abs(signs @ scatter / count).max(axis=1)
    p_value = (1 + np.count_nonzero(by_chance >= largest)) / (1 + _RESAMPLES)
    return PhaseDeviation(float(largest), float(by_chance.mean()), p_value)


def seam_ratio(
    field: np.ndarray, block_px: int, stride: int, origin: tuple[int, int] = (0, 0)
) -> SeamRatio | None:
    """Compare the bends of the land across the borders of blocks with those elsewhere.

    The bend across a line is the mean |second difference|, at right angles, of the two rows or columns which
    meet there: a step or a kink raises both. The ratios of rows and of columns are averaged.

    Args:
        field: heights (rows, cols), NaN for voids.
        block_px: side of the blocks, a multiple of the stride and larger.
        stride: of the network, in pixels. What it leaves at all its multiples is no seam.
        origin: row and column of the field's first pixel, counted from the corner of any block.

    Returns:
        The ratios; or None if no border crosses the field.

    Raises:
        ValueError: `block_px` is not a multiple of the stride, or not a larger one.
    """
    if block_px % stride or block_px <= stride:
        raise ValueError(f"Blocks of {block_px} px are no larger multiple of the stride of {stride} px.")
    directions = (field, origin[0]), (field.T, origin[1])
    ratios = [_seam_ratio_of_rows(turned, block_px, stride, first) for turned, first in directions]
    ratios = [(each.same_phase, each.inside, each.error) for each in ratios if each]
    if not ratios:
        return None
    same_phase, inside, _ = np.mean(ratios, axis=0)
    error = np.hypot.reduce([each[2] for each in ratios]) / len(ratios)
    return SeamRatio(float(same_phase), float(inside), float(error))


def _seam_ratio_of_rows(field: np.ndarray, block_px: int, stride: int, first: int) -> SeamRatio | None:
    """Return the ratio at the horizontal borders alone; None if there is none, or nothing to compare with."""
    sums, counts = np.zeros(field.shape[0]), np.zeros(field.shape[0])
    for top in range(0, field.shape[0] - 2, _STRIP_ROWS):
        bends = _bends(np.asarray(field[top : top + _STRIP_ROWS + 2], np.float64))
        sums[top + 1 : top + 1 + len(bends)] = np.nansum(bends, axis=1)
        counts[top + 1 : top + 1 + len(bends)] = np.isfinite(bends).sum(axis=1)
    beyond = first + 1 + np.arange(field.shape[0])  # the number of the line at the far side of each row
    at_line, at_seam = beyond % stride <= 1, beyond % block_px <= 1
    other = at_line & ~at_seam & (counts > 0)
    if not counts[at_seam].any() or not other.any():
        return None
    seam, lines, inside = (sums[rows].sum() / counts[rows].sum() for rows in (at_seam, other, ~at_seam))
    number = beyond // stride - beyond[0] // stride
    with np.errstate(invalid="ignore"):
        each_line = np.bincount(number[other], sums[other]) / np.bincount(number[other], counts[other])
    seams = len(np.unique(number[at_seam & (counts > 0)]))
    error = np.nanstd(each_line) / np.sqrt(seams)
    return SeamRatio(_over(seam, lines), _over(seam, inside), _over(error, lines) if error else 0.0)


def _over(first: float, second: float) -> float:
    """Return the ratio of two means that are not negative; 0 over 0 is 1, because they do not differ."""
    if second == 0:
        return np.inf if first else 1.0
    return first / second
