# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a training: aligned once, and read in turns where they are too large to be held whole."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ..errors import Cancelled, GeoGanError
from ..rasters.reading.alignment import align
from ..rasters.reading.areas import BUDGET_PX, Area, read_areas
from ..rasters.reading.guiding import NUMBERS
from ..rasters.reading.masking import undeclared_nodata
from ..rasters.reading.overlaps import overlapping
from ..rasters.reading.source import describe_source
from .landscapes import log_landscapes
from .sources import LayerSource, gdal_paths
from .temporary import temporary_folder
from .text import tr
from .worker_job import cancel_of, logged_to, progress_to

#: Layers with a shorter side than this have no room for a patch and its neighbourhood.
MINIMUM_PX = 64


class TrainingLayers:
    """Layers on one metric grid.

    with TrainingLayers(sources, (), None, None, seed, feedback) as layers:
        areas = layers.areas()
        others = layers.other_areas(1)  # of what is too large
    """

    def __init__(
        self,
        sources: Sequence[LayerSource],
        guides: Sequence[LayerSource],
        pixel_size: float | None,
        crs_wkt: str | None,
        seed: int,
        feedback,
        budget_px: int = BUDGET_PX,
    ) -> None:
        self._sources, self._guides = list(sources), list(guides)
        self._wishes, self._feedback = (pixel_size, crs_wkt), feedback
        self._is_cancelled = cancel_of(feedback)
        self._reading = {"budget_px": budget_px, "seed": seed}
        self._files = ExitStack()

    def __enter__(self) -> TrainingLayers:
        log = logged_to(self._feedback)
        self._feedback.setProgressText(tr("Reading layers…"))
        with ExitStack() as files:
            folder = files.enter_context(temporary_folder())
            paths = gdal_paths([*self._sources, *self._guides], Path(folder), self._feedback)
            described = [describe_source(path, name) for name, path in paths]
            self._reading["guides"] = guides = described[len(self._sources) :]
            for guide in guides:
                undeclared_nodata(guide, NUMBERS.sentinels, log)  # here, since they are read part by part
            layers = described[: len(self._sources)]
            for one, other in overlapping(layers):
                log(
                    "Layers {one} and {other} lie over one another: what is held out of one can be learnt "
                    "from the other, so that the scores will be too good. Clip one of them.",
                    one=one.name,
                    other=other.name,
                )
            self._aligned = align(layers, *self._wishes, log, MINIMUM_PX)
            self._files = files.pop_all()
        self.pixel_size = self._aligned[0].pixel_size_m
        log("The model's pixel size is {size} m.", size=f"{self.pixel_size:g}")
        log_landscapes([area.landscape for area in self._aligned], log)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._files.close()

    def areas(self) -> list[Area]:
        """Return what the training begins with: small layers whole, of large ones some windows.

        Raises:
            GeoGanError, Cancelled: as `read_areas`.
        """
        log, progress = logged_to(self._feedback), progress_to(self._feedback, 0, 100)
        return list(read_areas(self._aligned, **self._reading, log=log, progress=progress))

    def other_areas(self, turn: int) -> list[Area]:
        """Return other windows of the large layers; none where they cannot be read, or after a cancel.

        The training then goes on with what it has.
        """
        try:
            return list(read_areas(self._aligned, **self._reading, progress=self._goes_on, turn=turn))
        except (GeoGanError, Cancelled):
            return []

    def _goes_on(self, _share: float) -> bool:
        return not self._is_cancelled()
