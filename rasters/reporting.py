# SPDX-License-Identifier: GPL-3.0-or-later
"""How long work reports its progress, says what it did, and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import Cancelled

# Called as log(template, **values).
Log = Callable[..., None]

# Called with a fraction from 0 to 1; False asks to stop.
Progress = Callable[[float], bool]


def silent(_template: str, **_values: Any) -> None:
    """Log nothing."""


def report(progress: Progress | None, fraction: float) -> None:
    """Pass progress on; raise Cancelled where the callback asks to stop."""
    if progress is not None and progress(fraction) is False:
        raise Cancelled


def part_of(progress: Progress | None, start: float, stop: float) -> Progress | None:
    """Return a callback whose 0 to 1 is `start` to `stop` of the given one."""
    if progress is None:
        return None
    return lambda fraction: progress(start + (stop - start) * fraction)


class GdalProgress:
    """Carries progress out of a GDAL call, and the wish to stop (or an exception) back into and out of it.

    GDAL prints and drops an exception of a callback, so it is kept and raised by `raise_if_stopped`.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._stopped_by: BaseException | None = None

    def __call__(self, fraction: float, _message: str, _data: object) -> int:
        """Return 1 to go on, 0 to stop, as GDAL wants it."""
        try:
            report(self._progress, fraction)
        except Cancelled as stop:
            # Without where it was raised: that leads to the call of GDAL, and so keeps its datasets open.
            self._stopped_by = stop.with_traceback(None)
        except BaseException as stop:  # noqa: BLE001 - raised as soon as GDAL has returned
            self._stopped_by = stop
        return int(self._stopped_by is None)

    def raise_if_stopped(self) -> None:
        """Raise what stopped the call, if anything did."""
        if self._stopped_by is not None:
            raise self._stopped_by
