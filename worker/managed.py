# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed environments in `home`: the current one, and the one that is made beside it to replace it.

    home/environment/     the first
    home/environment-2/   one made while the first was there; a name that is free again is used again
    home/current.txt      the name of the current one, once that is not the first
    home/setup.lock       held by the set-up that changes all this

None is changed or moved once it is made: the current one works until another has said hello, and Windows
renames no folder in use.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import GeoGanError
from .installation import Installation

FIRST = "environment"
CURRENT = "current.txt"
LOCK = "setup.lock"
_NAME = re.compile(r"environment(-[0-9]+)?")


def current(home: Path) -> Installation:
    """Return the environment that the worker is started from, which need not exist yet."""
    try:
        name = (home / CURRENT).read_text("utf-8").strip()
    except (OSError, ValueError):
        name = FIRST
    return Installation(home / (name if _NAME.fullmatch(name) else FIRST))


def all_in(home: Path) -> list[Installation]:
    """Return the environments that are there, whole or not, the current one first."""
    first = current(home)
    folders = sorted(path for path in home.glob(f"{FIRST}*") if _NAME.fullmatch(path.name))
    return [first, *(Installation(folder) for folder in folders if folder != first.folder)]


def spare(home: Path) -> Installation:
    """Return a place for another environment; what an interrupted set-up left there is deleted.

    Raises GeoGanError where somebody else's files lie.
    """
    kept = current(home)
    place, number = Installation(home / FIRST), 1
    while not _is_freed(place, kept):
        number += 1
        place = Installation(home / f"{FIRST}-{number}")
    return place


def _is_freed(place: Installation, kept: Installation) -> bool:
    """Empty a place, but not that of the environment to keep, and return whether it is free."""
    if place.is_foreign:
        raise GeoGanError(
            "The folder {folder} holds something else than GeoGAN's environment, and is left as it is. Set "
            "the variable GEOGAN_HOME to another folder, start QGIS again, then try again.",
            folder=str(place.folder),
        )
    return (place != kept or not place.was_made) and place.delete()


def make_current(home: Path, chosen: Installation) -> None:
    """Let the worker start from `chosen`, and delete the other environments as far as none is in use."""
    if chosen != current(home):
        partial = home / f"{CURRENT}.partial"
        partial.write_text(chosen.folder.name, "utf-8")
        partial.replace(home / CURRENT)
    for other in all_in(home)[1:]:
        other.delete()
