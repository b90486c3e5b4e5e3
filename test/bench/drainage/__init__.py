# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark behind `make bench-terrain`: how real the terrain is, beside other ways to make terrain."""
