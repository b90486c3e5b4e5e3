# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time goes, beside the bars that are not met: of a process, of blocks and of a training step.

Shares are those of TensorFlow's operations in their common time. What NumPy does beside them, the noise of
blocks above all, is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..harness.programs import SAMPLE
from .measurement import Figure, figure
from .process_alone import run_alone
from .startup import timed
from .workplace import Workplace

DOES_NOTHING = "native:stringconcatenation"


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield what QGIS's program takes without us, and the shares of each kind of operation."""
    nothing = {"INPUT_1": "a", "INPUT_2": "b"}
    alone = [timed(lambda: place.run(DOES_NOTHING, nothing)) for _ in range(place.either(5, 1))]
    yield figure("qgis_process alone, with an algorithm of QGIS that does nothing", "s", alone)
    found = run_alone("operations_alone", place.model, SAMPLE)
    of_what = {"blocks": "TensorFlow in blocks", "step": "TensorFlow in a training step, detail stage"}
    for name, what in of_what.items():
        for kind, share in found[name].items():
            yield figure(f"{what}: {kind}", "%", [100 * share])
