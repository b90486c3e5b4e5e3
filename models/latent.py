# SPDX-License-Identifier: GPL-3.0-or-later
"""The latent field: noise fixed by seed and world position, the same bits on every machine.

Each value is a hash of (seed, level, row, column, channel), turned near-normal with integer arithmetic
only. There is no generator state, so any window of the field, at any place, can be had in any order.
The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA).
"""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ROW, _COLUMN, _CHANNEL = (
    np.uint64(0xD1342543DE82EF95),
    np.uint64(0xAF251AF3B0F025B5),
    np.uint64(0xB564EF22EC7AECE5),
)
_LANES = 8
_LANE_MAX = 65535
_PAIR_OF_LANES = np.uint64(0x0000FFFF0000FFFF)
# A lane is uniform on 0..65535 with variance (65536**2 - 1) / 12; the sum of lanes is doubled so that twice
# its mean, 8 * 65535, is subtracted as a whole number.
_SCALE = np.float32(1.0 / (2.0 * np.sqrt(_LANES * (2.0**32 - 1.0) / 12.0)))


def latent_field(
    seed: int, level: int, row: int, col: int, height: int, width: int, channels: int
) -> np.ndarray:
    """Return the window of the latent field that starts at world cell (row, col).

    Args:
        seed: any whole number; only its low 64 bits count.
        level: which of the independent fields of a model (see `noise.world_noise`).
        row, col: world indices of the first cell; may be negative.
        height, width, channels: size of the window.

    Returns:
        float32 array (height, width, channels), mean 0, variance 1, near-normal: the sum of eight uniform
        16-bit lanes, within +-4.9.
    """
    with np.errstate(over="ignore"):
        key = _mix(np.uint64(seed & 0xFFFFFFFFFFFFFFFF) + _GOLDEN * np.uint64(level + 1))
        by_row = _mix(key ^ _mix(_indices(row, height) * _ROW + np.uint64(1)))
        by_cell = _mix(by_row[:, None] ^ _mix(_indices(col, width) * _COLUMN + np.uint64(2)))
        of_channel = _mix(_indices(0, channels) * _CHANNEL + np.uint64(3))
        first = _mix(by_cell[:, :, None] ^ of_channel)
        second = _mix(first + _GOLDEN)
    return (2 * _sum_of_lanes(first, second) - _LANES * _LANE_MAX).astype(np.float32) * _SCALE


def _indices(start: int, count: int) -> np.ndarray:
    """Whole numbers from `start`, negative ones in two's complement."""
    return np.arange(start, start + count, dtype=np.int64).view(np.uint64)


def _mix(h: np.ndarray) -> np.ndarray:
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def _sum_of_lanes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sum of the eight 16-bit lanes of two 64-bit words, as int64."""
    pairs = sum((word >> shift) & _PAIR_OF_LANES for word in (first, second) for shift in np.uint64([0, 16]))
    return ((pairs & np.uint64(0xFFFFFFFF)) + (pairs >> np.uint64(32))).astype(np.int64)
