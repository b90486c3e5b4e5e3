# SPDX-License-Identifier: GPL-3.0-or-later
"""Rough land to be scored, and stand-ins for the cascades that make it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from geogan.models.architecture import CascadeArchitecture

PIXEL_SIZE = 30.0


class Maker:
    """Stands for a cascade: gives the blocks that it was made with, by landscape."""

    def __init__(self, *blocks, weights=None):
        self._blocks, self.weights = blocks, weights or {}

    def block(self, seed, row, col, landscape=0):
        return np.roll(self._blocks[landscape], 40 * seed, axis=0)


class LearningMaker:
    """Stands for a cascade: its weights say how tall its land is, by scored seeds and by each other one."""

    def __init__(self, architecture, tall, tall_elsewhere):
        self.architecture = CascadeArchitecture(architecture.stages[:1])
        self.load({"scored": np.array(tall), "others": np.broadcast_to(tall_elsewhere, 3)})

    def load(self, weights):
        self.weights = dict(weights)

    def with_variety(self, variety):
        return self

    def block(self, seed, row, col, landscape=0):
        tall = float(self.weights["scored"] if seed < 3 else self.weights["others"][seed - 3])
        return np.roll(rough_heights(2, tall, 256, 256), 40 * seed, axis=0)


class VariousMaker:
    """Stands for a cascade whose land is as tall as its variety says, in each of two landscapes."""

    weights: ClassVar = {}

    def __init__(self, architecture, variety=(1.0, 1.0)):
        self.architecture, self.variety = architecture, variety

    def with_variety(self, variety):
        return VariousMaker(self.architecture, variety)

    def block(self, seed, row, col, landscape=0):
        return np.roll(rough_heights(1, 100.0 * self.variety[landscape], 256, 256), 40 * seed, axis=0)


def rough_heights(seed, height, rows=512, cols=512):
    """Return rough heights: their power falls with the third power of the wave number."""
    waves = np.hypot(*np.meshgrid(np.fft.fftfreq(cols), np.fft.fftfreq(rows)))
    waves[0, 0] = 1.0
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=(rows, cols)))
    field = np.fft.ifft2(white / waves**1.5).real
    return (height * field / field.std()).astype(np.float32)
