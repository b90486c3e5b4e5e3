# SPDX-License-Identifier: GPL-3.0-or-later
"""Rasters on disk, through GDAL. Beside its rooms: the world grid, CRSs, GDAL's guard."""
