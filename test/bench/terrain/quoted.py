# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures that others measured, to show beside ours."""

from __future__ import annotations

#: Title, then cells by the titles of `bars.GOALS`.
QUOTED: dict[str, dict[str, str]] = {
    "QuickSampling (quoted, not measured here)": {"texture": "1.17", "land": "4.38"},
}

NOTE = """\
QuickSampling (multiple-point statistics) is quoted from the project's design, section 7: one SRTM mountain
raster, which need not be that of the table, 512 px, one seed, one setting that was not tuned, its water
followed in windows of 256 px. At 256 px it
scored a texture of 0.66, but 41 % of that field was one block copied whole.
"""
