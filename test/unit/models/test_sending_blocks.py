# SPDX-License-Identifier: GPL-3.0-or-later
"""No part of the pipeline waits for another: blocks are computed while one crosses to QGIS."""

from __future__ import annotations

import threading

import numpy as np
from geogan.models.generation.generation_job import BLOCK_PX, _send_blocks, block_threads
from geogan.worker.channel import Channel

PATIENCE_S = 20.0
PIECES = [(0, col * BLOCK_PX, 2, 3) for col in range(3 * block_threads())]


class CountingCascade:
    """Stands in for the networks: each block is full of its column's number."""

    def __init__(self) -> None:
        self.computed = threading.Semaphore(0)

    def block(self, seed: int, row: int, col: int, landscape: int) -> np.ndarray:
        self.computed.release()
        return np.full((BLOCK_PX, BLOCK_PX), col // BLOCK_PX, np.float32)


def test_blocks_are_computed_while_the_first_crosses_and_arrive_in_order():
    cascade, arrived, computed_meanwhile = CountingCascade(), [], []

    def write(message):
        if message.type != "block":
            return
        if not arrived:  # QGIS is slow to take the first
            computed_meanwhile.extend(
                cascade.computed.acquire(timeout=PATIENCE_S) for _ in range(block_threads() + 1)
            )
        arrived.append(message.arrays["values"][0, 0])

    _send_blocks(cascade, 1, 0, PIECES, Channel(1, write))

    assert all(computed_meanwhile)
    assert arrived == list(range(len(PIECES)))


def test_no_more_blocks_wait_for_a_slow_reader_than_are_computed_at_a_time():
    cascade, begun = CountingCascade(), []

    def write(message):
        if message.type == "block" and not begun:
            while cascade.computed.acquire(timeout=0.5):  # until no more come
                begun.append(True)

    _send_blocks(cascade, 1, 0, PIECES, Channel(1, write))

    # Beside those: the one that crosses, the one that waits for it, and the next one.
    assert len(begun) <= block_threads() + 3
