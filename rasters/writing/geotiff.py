# SPDX-License-Identifier: GPL-3.0-or-later
"""A GeoTIFF that appears under its name only when it is whole."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import GeoGanError
from ..crs import read_crs
from ..reporting import Log, Progress, part_of, report, silent
from . import creation_options
from .claim import Claim
from .cog import check_cog_driver, rearrange_as_cog
from .disk_space import cannot_write, check_place, check_space, target_of
from .journal import Journal, Place
from .open_geotiff import NotWritten, OpenGeoTiff, stoppable_writing
from .order import PANEL_PX
from .profile import Profile
from .replacing import cannot_replace, new_file, put_in_place
from .side_files import move_beside, remove_beside
from .statistics import RunningStatistics
from .tiff_directories import TiffDirectories

# Less is made again in half a minute, and not worth a file that the user did not ask for.
KEPT_FROM_PX = 16_000_000
# To note how far a run has come waits for the disk: a power cut, too, must find all that was noted.
NOTED_EVERY_S = 5.0


class PartialGeoTiff:
    """A GeoTIFF being written as PATH.partial, which becomes PATH in `finish` or is removed in `abandon`.

    Where it is told which run it belongs to, an interruption leaves PATH.partial, once it is large enough,
    and a journal beside it; the same run then goes on from `reached`. So does a failed write, as far as that
    was noted before. Not where options round the values.

    Args:
        run: plain data that tells the run from every other one, beside the profile; None never goes on.

    Raises:
        GeoGanError: the folder does not exist or cannot be written, another run writes PATH now, the disk is
            certainly too small, the CRS is not known, or GDAL refuses the creation options. Nothing is left
            behind.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        profile: Profile,
        log: Log = silent,
        run: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = target_of(Path(path))
        self._profile, self._log = profile, log
        self._partial = Path(f"{self.path}.partial")
        self._journal = Journal(self._partial, {"profile": asdict(profile), "run": run})
        self._is_over = False
        self._in_file = self._noted = Place(), RunningStatistics()
        self._directories: TiffDirectories | None = None  # as noted
        self._noted_at = time.monotonic()
        self._options = creation_options.merged_options(profile.creation_options)
        for option in creation_options.unknown(self._options):
            log("GDAL has no creation option {option} for this file: check its spelling.", option=option)
        if len(profile.bands) > 1:
            self._options["NUM_THREADS"] = "1"  # its threads print errors on reading those (GDAL 3.6)
            self._keep_bands_apart()
        if profile.width > PANEL_PX and not creation_options.is_tiled(self._options):
            self._store_in_tiles()
        # Overviews of a run that goes on are made from what is in the file.
        self._has_run = run is not None and creation_options.is_exact(self._options)
        self._file = OpenGeoTiff(self._partial, profile, self.path)
        check_place(self.path)
        self._claim = Claim(self.path)
        try:
            goes_on = self._has_run and self._go_on()
            if not goes_on:
                self._begin_anew()
        except BaseException:
            self._claim.release()
            raise
        try:
            if not goes_on:
                self._file.make(self._options)
        except BaseException:
            self._discard()
            raise

    @property
    def reached(self) -> Place:
        """How far it is written."""
        return self._file.reached

    def _keep_bands_apart(self) -> None:
        """Have bands lie one after the other, as they are written: else each would write all tiles anew."""
        if self._options["INTERLEAVE"].upper() != "BAND":
            self._log("The bands of {path} are stored one after the other: INTERLEAVE=BAND.", path=self.path)
            self._options["INTERLEAVE"] = "BAND"

    def _store_in_tiles(self) -> None:
        """Have no strips that cross panels: each would be written anew for each of them."""
        self._log("Strips would be too wide: {path} is stored in tiles.", path=self.path)
        for key in ("TILED", "BLOCKXSIZE", "BLOCKYSIZE"):
            self._options[key] = creation_options.DEFAULT_OPTIONS[key]

    def _go_on(self) -> bool:
        """Open what an interruption of this run has left; False where there is nothing that can be used."""
        noted = self._journal.read()
        if noted is None or not self._partial.is_file() or self._partial.is_symlink():
            return False
        self._check_room(noted[0])
        try:
            self._file.go_on(self._options, *noted)
            with self._partial.open("rb") as file:
                self._directories = TiffDirectories(file)
        except (GeoGanError, OSError):
            self._log("The file {path} is damaged: its run begins anew.", path=self._partial)
            return False
        self._in_file = self._noted = noted
        self._log(
            "Going on from {path}: {percent} % were done.",
            path=self._partial,
            percent=100 * self.reached.pixels // self._profile.pixels,
        )
        return True

    def _begin_anew(self) -> None:
        """Make the empty partial file, in place of what another run has left."""
        self._check_room(Place())
        read_crs(self._profile.crs_wkt)  # refuses an unknown one before anything is made
        if self._partial.exists():
            self._log("The unfinished {path} is of another run and is replaced.", path=self._partial)
        try:
            self._journal.remove()
            remove_beside(self._partial)  # GDAL would take what describes the other run's for this one's
            new_file(self._partial).close()
        except OSError as error:
            raise cannot_write(self.path.parent, error) from error

    def _check_room(self, reached: Place) -> None:
        """Refuse a disk that is certainly too small for what is still to be written."""
        px = self._profile.pixels - reached.pixels
        if creation_options.is_cog(self._options):
            check_cog_driver()
            px += self._profile.pixels  # the copy
        needed = self._profile.uncompressed_bytes // self._profile.pixels * px
        check_space(self.path.parent, needed, self._options["COMPRESS"].upper() != "NONE", self._log)

    @property
    def tile_height(self) -> int:
        """Rows of one row of tiles (in a file without tiles: of one strip)."""
        return self._file.tile_height

    def read(self, band: int, row: int, col: int, height: int, width: int) -> np.ndarray:
        """Return float32 [height, width] that was written, NaN where nodata."""
        return self._file.read(band, row, col, height, width)

    def write(self, band: int, row: int, col: int, values: np.ndarray, *, is_stored: bool = False) -> None:
        """Write [H, W] at a row and column of the file.

        NaN becomes nodata, unless the values are to be stored as they are, bit for bit.
        Bands are written one after the other, their columns from left to right, and each from top to bottom.
        """
        self._file.write(band, row, col, values, is_stored=is_stored)
        self._in_file = self._file.reached, replace(self._file.statistics)
        if self._has_run and time.monotonic() >= self._noted_at + NOTED_EVERY_S:
            self._file.flush()
            self._note(*self._in_file)

    def finish(self, progress: Progress | None = None) -> None:
        """Add statistics and overviews, close the file and give it its name.

        Raises:
            GeoGanError: something cannot be written; nothing is left. Cancelled: `progress` returned False.
            In both cases an older file of that name is as it was.
        """
        is_cog = creation_options.is_cog(self._options)
        self._file.complete(part_of(progress, 0.0, 0.5) if is_cog else progress)
        if is_cog:
            self._rearrange_as_cog(part_of(progress, 0.5, 1.0))
        report(progress, 1.0)
        self._file.close()
        self._put_in_place()

    def abandon(self, because: BaseException | None = None) -> None:
        """Remove the partial file, or leave it to the next run. Does nothing after `finish` or another.

        After a failed write the file is left as it was when last noted, if it still holds all of that.
        """
        if self._is_over:
            return
        try:
            if not (self._has_run and self._keep(because)):
                self._discard()
                return
        finally:
            self._claim.release()
        self._is_over = True
        self._log(
            "What is done is kept in {path}. The same run goes on from there; if none is to, delete it.",
            path=self._partial,
        )

    def _keep(self, because: BaseException | None) -> bool:
        """Close the file, and return whether the next run can go on from it and would save enough."""
        if self.reached.pixels < KEPT_FROM_PX:
            return False
        try:
            self._file.close()
        except GeoGanError as error:
            because = error
        if not isinstance(because, NotWritten):
            self._note(*self._in_file)
        elif not self._undone():
            return False
        return self._noted[0].pixels >= KEPT_FROM_PX and self._holds_what_was_noted()

    def _undone(self) -> bool:
        """Put the file back to what was noted, and return whether that could be done."""
        try:
            if self._directories is not None:
                self._directories.restore(self._partial)
        except OSError:
            return False
        return self._directories is not None

    def _holds_what_was_noted(self) -> bool:
        again = OpenGeoTiff(self._partial, self._profile, self.path)
        try:
            again.go_on(self._options, *self._noted)
            again.close()
        except (GeoGanError, OSError):
            return False
        return True

    def _discard(self) -> None:
        self._is_over = True
        try:
            with suppress(GeoGanError):  # what could not be written while closing is about to be removed
                self._file.close()
            # The journal first: without it no run goes on from what cannot be removed, as on Windows a file
            # at which another program looks just now.
            for remove in (self._journal.remove, self._partial.unlink, partial(remove_beside, self._partial)):
                with suppress(OSError):
                    remove()
        finally:
            self._claim.release()

    def _note(self, place: Place, statistics: RunningStatistics) -> None:
        self._noted_at = time.monotonic()
        with suppress(OSError):  # the land is worth more than the note, and the one before still holds
            with self._partial.open("rb+") as file:
                os.fsync(file.fileno())
                directories = TiffDirectories(file)
            self._journal.note(place, statistics)
            self._noted, self._directories = (place, statistics), directories

    def _rearrange_as_cog(self, progress: Progress | None) -> None:
        self._file.close()  # before the copy takes the room that this may need
        try:
            rearrange_as_cog(self._partial, self._options, stoppable_writing(self.path, progress))
        except NotWritten as error:  # what failed is the copy: the pixels are whole, and worth keeping
            raise GeoGanError(error.template, **error.values) from error

    def _put_in_place(self) -> None:
        try:
            put_in_place(self._partial, self.path)
            self._is_over = True
            with suppress(OSError):
                self._journal.remove()
            self._claim.release()
            remove_beside(self.path)  # what described the older file of this name
            move_beside(self._partial, self.path)
        except OSError as error:
            raise cannot_replace(self.path, error) from error
