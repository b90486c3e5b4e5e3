# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers in, a model out: what is learnt from, the steps of both players, and how the result is judged."""
