# SPDX-License-Identifier: GPL-3.0-or-later
"""Rasters on disk, through GDAL. Beside the rooms: the world grid, CRSs, units, GDAL's guard, reporting."""
