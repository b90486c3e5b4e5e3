# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts in and about the figures of a comparison. The worker, which draws them, knows no translations."""

from __future__ import annotations

from ..text import tr


def figure_labels() -> dict[str, str]:
    """Return the texts in the figures, by the keys of realism/figures.py (a test holds them equal)."""
    return {
        "real": tr("Real"),
        "synthetic": tr("Synthetic"),
        "noise": tr("Noise with the real spectrum"),
        "quarters": tr("Quarters of the real land"),
        "light": tr("Light from the north-west, 45° high."),
        "true_heights": tr("Heights are true to scale."),
        "exaggerated_heights": tr("Heights are exaggerated {factor} times."),
        "rivers": tr("Streams with more than {area} km² above them"),
        "hollows": tr("Closed hollows, where water stands"),
        "m": tr("{length} m"),
        "km": tr("{length} km"),
        "wavelength": tr("Wavelength"),
        "power": tr("Power of the heights (m²)"),
        "power_ratio": tr("Power over that of the real land"),
        "slope": tr("Slope (degrees)"),
        "share_per_degree": tr("Share of the land per degree"),
        "curvature": tr("Curvature (1/km): crests negative, hollows positive"),
        "share_per_curvature": tr("Share of the land per 1/km"),
        "share_above": tr("Share of the area that lies higher"),
        "relative_height": tr("Relative height (0 lowest, 1 highest)"),
        "relief": tr("Relief in windows of {window} (m)"),
        "share_per_metre": tr("Share of the land per metre"),
        "share": tr("Share of the land"),
        "form_flat": tr("flat"),
        "form_peak": tr("peak"),
        "form_ridge": tr("ridge"),
        "form_shoulder": tr("shoulder"),
        "form_spur": tr("spur"),
        "form_slope": tr("slope"),
        "form_hollow": tr("hollow"),
        "form_footslope": tr("footslope"),
        "form_valley": tr("valley"),
        "form_pit": tr("pit"),
    }


def figure_captions() -> dict[str, tuple[str, str]]:
    """Return title and explanation of each figure, by the names in realism/figures.py."""
    return {
        "hillshade": (
            tr("How it looks"),
            tr(
                "Equally large pieces at one scale, under one light. Noise shows what land looks like when "
                "the sizes of its forms are right, but no form is."
            ),
        ),
        "rivers": (
            tr("Where water runs"),
            tr(
                "Real rivers branch like trees and run off; where the ground is coloured, water would stand "
                "in a closed hollow first."
            ),
        ),
        "landforms": (
            tr("Landforms"),
            tr(
                "The share of each of ten landforms (geomorphons). Bars that end in the grey differ no more "
                "than quarters of the real land do."
            ),
        ),
        "hypsometry": (
            tr("Heights and relief"),
            tr(
                "Left: how much of the area lies high and how much low. Right: how far the highest and the "
                "lowest point of a window are apart."
            ),
        ),
        "slope": (
            tr("Slope and curvature"),
            tr(
                "Left: how steep the ground is. Right: how sharply it bends; sharp crests and channels lie "
                "at both ends."
            ),
        ),
        "spectrum": (
            tr("Large and small forms"),
            tr(
                "How much relief there is at each wavelength: fine detail to the left, mountains to the "
                "right. The second curve is the same as a multiple of the real land's."
            ),
        ),
    }
