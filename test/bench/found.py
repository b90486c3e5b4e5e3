# SPDX-License-Identifier: GPL-3.0-or-later
"""What the measurements of one run have found, and why some found nothing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field

from .measurement import Figure, NotMeasured


@dataclass
class Found:
    """Grows with each attempt."""

    figures: dict[str, list[Figure]] = field(default_factory=dict)  # by name
    left_out: dict[str, str] = field(default_factory=dict)  # why, by name: this machine lacks a peer
    failures: dict[str, str] = field(default_factory=dict)  # why, by name

    @property
    def missing(self) -> dict[str, str]:
        """Why there are no figures, or not all, by name."""
        return {**self.left_out, **self.failures}

    def attempt(self, name: str, measurement: Iterable[Figure]) -> None:
        """Draw the figures of one kind of measurement, and keep them, or why there are no more of them."""
        print(f"Measuring {name} ...", flush=True)
        start = time.monotonic()
        figures = self.figures.setdefault(name, [])
        try:
            figures.extend(measurement)  # keeps those from before a failure
        except NotMeasured as reason:
            self.left_out[name] = str(reason)
        except Exception as error:  # noqa: BLE001 - one that fails must not cost the others
            traceback.print_exc()
            self.failures[name] = f"{type(error).__name__}: {error}".partition("\n")[0]
        how = "broken off" if name in self.failures else "done"
        print(f"  {name}: {how} after {time.monotonic() - start:.0f} s", flush=True)
