# SPDX-License-Identifier: GPL-3.0-or-later
"""The few numbers of the training data that a stage is scaled by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import GeoGanError


@dataclass(frozen=True)
class FieldStatistics:
    """Mean and standard deviations over training patches, all in the unit of the field (metres)."""

    mean: float
    low_deviation: float  # of the low-pass
    form_deviation: float  # of the guide less its local mean (architecture.GUIDE_MEAN cells)
    patch_deviation: float  # of the low-pass less its mean over a patch
    band_deviations: tuple[float, ...]  # of the Laplacian bands, coarse to fine

    def __post_init__(self) -> None:
        deviations = (self.low_deviation, self.form_deviation, self.patch_deviation, *self.band_deviations)
        if not math.isfinite(self.mean) or not all(math.isfinite(d) and d > 0 for d in deviations):
            raise GeoGanError(
                "The statistics of the layers cannot be used: {statistics}.", statistics=asdict(self)
            )

    def to_json(self) -> dict[str, Any]:
        """Return plain data for `model.json`."""
        return {**asdict(self), "band_deviations": list(self.band_deviations)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FieldStatistics:
        """Rebuild from `model.json`; raises GeoGanError when a number is missing or no number."""
        try:
            numbers = {name: float(data[name]) for name in list(cls.__dataclass_fields__)[:-1]}
            return cls(**numbers, band_deviations=tuple(float(d) for d in data["band_deviations"]))
        except (TypeError, KeyError, OverflowError, ValueError) as error:
            raise GeoGanError("The model file's statistics are damaged.") from error
