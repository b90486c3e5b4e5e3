# SPDX-License-Identifier: GPL-3.0-or-later
"""The latent field: noise fixed by seed and world position, the same bits on every machine.

Each value is a hash of (seed, level, row, column, channel), turned near-normal with integer arithmetic
only. There is no generator state, so any window of the field, at any place, can be had in any order. Where
the cells of a world begin is such a hash of its seed. The mixing function is the finaliser of SplitMix64
(Steele, Lea and Flood 2014, OOPSLA).
"""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ROW, _COLUMN, _CHANNEL = (
    np.uint64(0xD1342543DE82EF95),
    np.uint64(0xAF251AF3B0F025B5),
    np.uint64(0xB564EF22EC7AECE5),
)
_ORIGIN, _SHARE = np.uint64(0x8CB92BA72F3D8DD7), np.uint64(0xDB4F0B9175AE2165)
_LANES = 4
_LANE_MAX = 65535
_LANE_BITS, _LOW_LANE = np.uint32(16), np.uint32(_LANE_MAX)
# Values hashed at once: on the way through some fifteen operations they stay in the processor's cache.
_AT_ONCE = 1 << 14
# A lane is uniform on 0..65535 with variance (65536**2 - 1) / 12.
_MEAN = np.float32(_LANES * _LANE_MAX / 2)
_SCALE = np.float32(1.0 / np.sqrt(_LANES * (2.0**32 - 1.0) / 12.0))


def latent_field(
    seed: int, level: int, row: int, col: int, height: int, width: int, channels: int
) -> np.ndarray:
    """Return the window of the latent field that starts at world cell (row, col).

    Args:
        seed: any whole number; only its low 64 bits count.
        level: which of the independent fields of a model (see `networks.noise`).
        row, col: world indices of the first cell; may be negative.
        height, width, channels: size of the window.

    Returns:
        float32 array (height, width, channels), mean 0, variance 1, near-normal: the sum of four uniform
        16-bit lanes, within +-3.5.
    """
    field = np.empty((height, width, channels), np.float32)
    rows_at_once = max(1, _AT_ONCE // width)
    with np.errstate(over="ignore"):
        key = _mix(np.uint64(seed & 0xFFFFFFFFFFFFFFFF) + _GOLDEN * np.uint64(level + 1))
        by_row = _mix(key ^ _mix(_indices(row, height) * _ROW + np.uint64(1)))
        of_column = _mix(_indices(col, width) * _COLUMN + np.uint64(2))
        of_channel = _mix(_indices(0, channels) * _CHANNEL + np.uint64(3))
        for first in range(0, height, rows_at_once):
            rows = slice(first, first + rows_at_once)
            by_cell = _mix(by_row[rows, None] ^ of_column)
            for channel in range(channels):  # in loops over the few channels NumPy takes twice as long
                field[rows, :, channel] = _near_normal(by_cell ^ of_channel[channel])
    return field


def origin_of(seed: int, cell_px: int) -> tuple[int, int]:
    """Return where the map's pixel (0, 0) lies, for a seed, in a cell of so many pixels: row and column.

    Each place in the cell is as likely as any other.
    """
    drawn = _drawn(seed, _ORIGIN)
    return drawn % cell_px, (drawn >> 32) % cell_px


def share_of(seed: int) -> float:
    """Return a share that a seed draws, from 0 to 1, each as likely as any other."""
    return (_drawn(seed, _SHARE) >> 11) / (1 << 53)


def _drawn(seed: int, purpose: np.uint64) -> int:
    """Return 64 bits for a seed, others for each purpose."""
    with np.errstate(over="ignore"):
        return int(_mix(np.uint64(seed & 0xFFFFFFFFFFFFFFFF) + purpose))


def _indices(start: int, count: int) -> np.ndarray:
    """Whole numbers from `start`, negative ones in two's complement."""
    return np.arange(start, start + count, dtype=np.int64).view(np.uint64)


def _mix(h: np.ndarray) -> np.ndarray:
    return _mix_in_place(np.array(h), np.empty_like(h))


def _mix_in_place(h: np.ndarray, spare: np.ndarray) -> np.ndarray:
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        h ^= np.right_shift(h, np.uint64(shift), out=spare)
        h *= np.uint64(factor)
    h ^= np.right_shift(h, np.uint64(31), out=spare)
    return h


def _near_normal(h: np.ndarray) -> np.ndarray:
    """Return the float32 value of each cell and channel; what is given is overwritten."""
    spare = np.empty_like(h)
    _mix_in_place(h, spare)
    pairs, low = h.view(np.uint32), spare.view(np.uint32)  # of lanes: two pairs to a value
    np.bitwise_and(pairs, _LOW_LANE, out=low)
    pairs >>= _LANE_BITS
    pairs += low
    values = (pairs[..., ::2] + pairs[..., 1::2]).astype(np.float32)  # whole numbers, exact
    values -= _MEAN
    values *= _SCALE
    return values
