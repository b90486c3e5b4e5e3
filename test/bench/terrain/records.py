# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of each run: one JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """One training of one contestant on one landscape. Those without a training have 0 minutes and seed 0."""

    contestant: str
    landscape: str
    training_seed: int
    minutes: float
    seeds: int  # generated, and each scored alone
    fields: int  # generated, for diversity and the grid

    @property
    def name(self) -> str:
        """The name of its files, whatever their suffix."""
        return f"{self.contestant}-{self.landscape}-{self.minutes:g}min-seed{self.training_seed}"


@dataclass(frozen=True)
class Record:
    """What a run has brought.

    Attributes:
        machine: what `machine.machine` says, with the load before the run and the commit.
        training: what the contestant tells of its training, and `commit`.
        figures: what `scores.scored` returns, and `seconds`.
        is_earlier: whether what it began from is not what it would begin from today; not in its file.
    """

    run: Run
    machine: dict[str, str]
    training: dict[str, Any]
    figures: dict[str, Any]
    is_earlier: bool = False

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all."""
        path = record_path(folder, self.run)
        partial = path.with_suffix(".partial")
        kept = {name: value for name, value in asdict(self).items() if name != "is_earlier"}
        partial.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)


def record_path(folder: Path, run: Run) -> Path:
    """Return the file of a run."""
    return folder / f"{run.name}.json"


def read_record(path: Path) -> Record:
    """Return a record from its file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Record(Run(**content["run"]), content["machine"], content["training"], content["figures"])


def read_records(folder: Path) -> list[Record]:
    """Return all records of a folder, in the order of their names."""
    return [read_record(path) for path in sorted(folder.glob("*.json"))]
