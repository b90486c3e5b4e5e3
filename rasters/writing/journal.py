# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies beside a raster that is being written, so that an interrupted run can be gone on from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .replacing import new_file, put_in_place
from .statistics import RunningStatistics


@dataclass(frozen=True)
class Place:
    """How far a raster is written.

    All bands before `band`; of that the columns before `col`, and from there on the rows before `row`.
    """

    band: int = 1
    row: int = 0
    col: int = 0
    pixels: int = 0  # written so far


class Journal:
    """The file PATH.partial.json: which run writes PATH.partial, and how far it has come.

    A run is known by all that its pixels follow from. Only the very same run goes on from the file, so that
    two are never mixed.
    """

    def __init__(self, partial: Path, run: Mapping[str, Any]) -> None:
        """Take plain data that tells this run from every other one."""
        self._path = Path(f"{partial}.json")
        self._unfinished = Path(f"{self._path}.new")
        described = json.dumps(run, sort_keys=True)
        self._run = hashlib.sha256(described.encode("utf-8")).hexdigest()

    def read(self) -> tuple[Place, RunningStatistics] | None:
        """Return how far this run came, and the statistics of the last band; None if it never began."""
        try:
            if not self._path.is_file():  # a pipe of that name would let wait for ever
                return None
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            if noted["run"] != self._run:
                return None
            return Place(**noted["place"]), RunningStatistics(**noted["statistics"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):  # none, or damaged
            return None

    def note(self, place: Place, statistics: RunningStatistics) -> None:
        """Write how far the run has come. Until this returns, the file says what it said before.

        Raises:
            OSError: it cannot be written.
        """
        noted = {"run": self._run, "place": asdict(place), "statistics": asdict(statistics)}
        try:
            with new_file(self._unfinished) as file:
                file.write(json.dumps(noted).encode())
            put_in_place(self._unfinished, self._path)
        except OSError:
            self._unfinished.unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Forget the run."""
        self._path.unlink(missing_ok=True)
        self._unfinished.unlink(missing_ok=True)
