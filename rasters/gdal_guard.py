# SPDX-License-Identifier: GPL-3.0-or-later
"""GDAL inside somebody else's process: failures become sentences, and no setting of QGIS stays changed.

Whether GDAL's bindings raise is one switch for the whole process up to GDAL 3.6, and QGIS, its plugins
and their threads share it. So the switch is left alone: an error handler, which GDAL keeps per thread,
collects failures, and the same code works with the switch on and off.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from osgeo import gdal

from ..errors import Cancelled, GeoGanError
from .reporting import GdalProgress, Progress

BLOCK_CACHE_BYTES = 32 * 2**20


@contextmanager
def gdal_checked(template: str, **values: Any) -> Iterator[None]:
    """Raise GeoGanError(template, reason=..., **values) if a GDAL call in the block fails.

    Warnings are kept from the console of QGIS; they concern formats, not users.
    """
    failures: list[str] = []

    def collect(level: int, _number: int, message: str) -> None:
        if level >= gdal.CE_Failure:
            failures.append(message)

    gdal.PushErrorHandler(collect)
    try:
        yield
    except (GeoGanError, Cancelled):
        raise
    except Exception as error:
        # With the switch off, a failed call returns None and the next line trips over that.
        if not failures and not isinstance(error, RuntimeError):
            raise
        raise GeoGanError(template, reason=(failures or [str(error)])[0], **values) from error
    finally:
        gdal.PopErrorHandler()
    if failures:
        raise GeoGanError(template, reason=failures[0], **values)


@contextmanager
def stoppable(progress: Progress | None, template: str, **values: Any) -> Iterator[GdalProgress]:
    """As `gdal_checked`, for one call that takes the callback yielded; a wish to stop is no failure."""
    callback = GdalProgress(progress)
    try:
        with gdal_checked(template, **values):
            yield callback
    finally:
        callback.raise_if_stopped()


class _BlockCacheCap:
    """Counts who wants GDAL's block cache capped; the last one out puts back what the first one found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._bytes_before = 0

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                self._bytes_before = gdal.GetCacheMax()
                gdal.SetCacheMax(min(BLOCK_CACHE_BYTES, self._bytes_before))
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                gdal.SetCacheMax(self._bytes_before)


_cap = _BlockCacheCap()


@contextmanager
def capped_block_cache() -> Iterator[None]:
    """Cap GDAL's block cache at BLOCK_CACHE_BYTES while the block runs.

    By default it is 5 % of the machine's memory, and fills up with written tiles that nobody reads again.
    """
    _cap.enter()
    try:
        yield
    finally:
        _cap.leave()
