# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark of the bundled model as it is, without any training: realism, grid, pictures."""
