# SPDX-License-Identifier: GPL-3.0-or-later
"""A program: trains one contestant on one landscape, generates, measures, and prints the figures.

Its input is one JSON, the fields of `records.Run` and `folder`, `dem`, `model` and `is_trained`. The last
line of its output is another: {"training": ..., "figures": ...}. A program of its own, because it takes
TensorFlow, whose memory and networks the next run should not find, and which does not go with QGIS.
"""

import json
import runpy
import sys
import time
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[2] / "conftest.py"))

from geogan.test.bench.terrain.contestants import CONTESTANTS  # noqa: E402 - no package `geogan` before
from geogan.test.bench.terrain.landscapes import LANDSCAPES, read_land  # noqa: E402
from geogan.test.bench.terrain.scores import scored  # noqa: E402
from geogan.test.bench.terrain.task import Task  # noqa: E402


def main():
    asked = json.load(sys.stdin)
    contestant, dem = CONTESTANTS[asked["contestant"]], Path(asked["dem"])
    task = Task(
        land=read_land(LANDSCAPES[asked["landscape"]], dem),
        dem=dem,
        training_seed=asked["training_seed"],
        minutes=asked["minutes"],
        fields=asked["fields"],
        model=Path(asked["model"]),
        folder=Path(asked["folder"]),
    )
    training = {}
    if contestant.train and not asked["is_trained"]:
        training = contestant.train(task)
    start = time.monotonic()
    fields = list(contestant.generate(task))
    generated = time.monotonic()
    figures = scored(
        task.land,
        fields,
        asked["seeds"],
        has_seeds=contestant.has_seeds,
        corners=contestant.corners(task) if contestant.corners else None,
    )
    figures["seconds"] = {"generate": generated - start, "measure": time.monotonic() - generated}
    print(json.dumps({"training": training, "figures": figures}))


main()
