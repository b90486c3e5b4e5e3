# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of land that generators are told of besides the discriminator's word, as tensor operations.

How much each of them counts is told in training/land_terms.py.
"""
