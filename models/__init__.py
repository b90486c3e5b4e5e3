# SPDX-License-Identifier: GPL-3.0-or-later
"""The GAN: in its rooms the networks, what they are told, and what the worker does with them.

Beside the rooms lies what all of them take: what a model is (its file, its card, the networks and statistics
that a card describes) and areas of land; what QGIS's side reads as well (controls, details, the latent
field); and the worker's jobs, with the one that compares land and needs no network.
"""
