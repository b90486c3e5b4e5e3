# SPDX-License-Identifier: GPL-3.0-or-later
"""The GAN. Beside its rooms lie what a model is, file and card, and what QGIS's side reads as well."""
