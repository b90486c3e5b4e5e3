# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of land that a generator is told of besides the discriminator's word, as tensor operations."""
