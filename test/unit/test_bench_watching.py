# SPDX-License-Identifier: GPL-3.0-or-later
"""How the benchmark watches the memory and the computing of a process and of those that it starts."""

from __future__ import annotations

import subprocess
import sys

from geogan.test.bench.watching import ProcessWatch

CHILD = "import time; held = bytearray(200 << 20); time.sleep(0.5)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}], check=True)"


def test_the_peaks_of_a_process_and_of_what_it_starts_are_added_up_and_the_largest_is_known():
    with subprocess.Popen([sys.executable, "-c", PARENT]) as process, ProcessWatch(process.pid) as memory:
        process.wait()
    assert 200.0 < memory.largest_mb < 260.0
    assert memory.largest_mb < memory.total_mb < memory.largest_mb + 60.0


def test_what_they_have_computed_is_added_up():
    busy = "import time\nwhile time.process_time() < 0.6:\n    pass\ntime.sleep(0.3)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    with subprocess.Popen([sys.executable, "-c", parent]) as process, ProcessWatch(process.pid) as watched:
        process.wait()
    assert 0.6 <= watched.processor_seconds < 1.0
