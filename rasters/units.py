# SPDX-License-Identifier: GPL-3.0-or-later
"""How many metres the units are in which files hold heights."""

from __future__ import annotations

_FOOT, _SURVEY_FOOT = 0.3048, 1200 / 3937
_SAME = 1e-8  # of a unit: the two feet differ by two millionths

# By what GDAL's drivers call them.
_METRES = {
    **dict.fromkeys(("ft", "foot", "feet", "international foot", "international feet"), _FOOT),
    **dict.fromkeys(("us survey foot", "us survey feet", "foot_us", "us-ft", "ftus"), _SURVEY_FOOT),
    "km": 1000.0,
    "dm": 0.1,
    "cm": 0.01,
    "mm": 0.001,
}


def metres_of(unit: str) -> float:
    """Return how many metres a unit is: 1 for metres, for none, and for one that is not known here."""
    return _METRES.get(unit.strip().lower(), 1.0)


def name_of(metres: float) -> str:
    """Return how GDAL calls a unit of so many metres, or "" for metres and for one that is not known here.

    >>> name_of(0.3048), name_of(1.0)
    ('ft', '')
    """
    return next((name for name, known in _METRES.items() if abs(metres / known - 1.0) < _SAME), "")
