# SPDX-License-Identifier: GPL-3.0-or-later
"""The real QGIS desktop on a display of its own: runs algorithms as background tasks and reports back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .programs import Profile, find_program, run_program

SESSION = Path(__file__).with_name("desktop_session.py")
SCREEN = "1400x900x24"
START_S = 60.0  # for the desktop itself, before and after the jobs

#: In the environment of the desktop: the JSON file that says what to do.
ORDER_VARIABLE = "GEOGAN_DESKTOP_ORDER"


@contextmanager
def virtual_display() -> Iterator[str]:
    """Start an X server without a screen, and end it afterwards; yields its name, such as ":99"."""
    read_end, write_end = os.pipe()
    command = [find_program("Xvfb"), "-displayfd", str(write_end), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL) as server:
        os.close(write_end)
        try:
            with os.fdopen(read_end) as number:  # it writes the number of the first free display when ready
                display = number.readline().strip()
            if not display:
                raise RuntimeError("Xvfb ended without having opened a display")
            yield f":{display}"
        finally:
            server.terminate()


def run_in_desktop(
    profile: Profile,
    jobs: Sequence[Mapping[str, Any]],
    screenshot: Path,
    timeout_s: float = 300.0,
    rasters: Sequence[Path] = (),
) -> dict[str, Any]:
    """Start the desktop, run the jobs one after the other as background tasks, take a screenshot, and exit.

    `rasters` are opened first, as layers of the project; a job that names one by its path works on the layer.

    A job is {"algorithm": id, "parameters": {...}}; what it writes is loaded as the Processing Toolbox does.

    Returns:
        "jobs": for each job {"algorithm", "ok", "results", "log", "seconds", "longest_gap_ms"}, where the gap
            is the longest between two turns of the event loop, asked for every 5 ms;
        "idle_gap_ms": the longest gap in a second before the first job;
        "gaps_over_100_ms": how many there were in all jobs;
        "layers": for each layer, from the top, {"name", "renderer", "blend_mode", "abstract"};
        "tensorflow_in_qgis": the modules of TensorFlow and Keras in the QGIS process;
        "memory_mb": of the QGIS process when all is done.

    Raises:
        ProgramFailed: the desktop ended with another status than 0, for example because the jobs did not end
            within `timeout_s`; the screenshot shows where it stood.
    """
    order = profile.folder / "order.json"
    report = profile.folder / "report.json"
    report.unlink(missing_ok=True)
    screenshot.parent.mkdir(parents=True, exist_ok=True)
    described = {
        "rasters": list(map(str, rasters)),
        "jobs": list(jobs),
        "report": str(report),
        "screenshot": str(screenshot),
        "timeout_s": timeout_s,
    }
    order.write_text(json.dumps(described), encoding="utf-8")
    command = [find_program("qgis.bin", "qgis"), "--nologo", "--noversioncheck", "--code", str(SESSION)]
    with virtual_display() as display:
        environ = profile.environ(DISPLAY=display, QT_QPA_PLATFORM="xcb", **{ORDER_VARIABLE: str(order)})
        run_program(command, environ, timeout_s + START_S)
    return json.loads(report.read_text(encoding="utf-8"))
