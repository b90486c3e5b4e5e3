# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster's voids, and the raster that is written with land in them."""
