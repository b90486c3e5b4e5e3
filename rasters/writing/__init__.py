# SPDX-License-Identifier: GPL-3.0-or-later
"""GeoTIFFs that appear when they are whole, written piece by piece."""
