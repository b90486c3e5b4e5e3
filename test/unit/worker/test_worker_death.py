# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ends first, the worker or QGIS: no hang, no orphan, and a sentence that says what happened."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.test.harness.processes import Process
from geogan.worker.client import LAST_LINES, WorkerDied
from geogan.worker.process import describe_ending, run_to_end
from geogan.worker.protocol import Message

HERE = Path(__file__).parent
OUT_OF_MEMORY = (
    "The worker was killed by the system (signal 9), most likely because memory ran out. "
    "Use a smaller preset, patch size or batch size, or close other programs."
)
MESSAGE_TYPES = (
    *("heartbeat", "progress", "log", "preview", "checkpoint"),
    *("block", "result", "error", "cancelled"),
)


@pytest.mark.parametrize("cut", ["header", "array"])
@pytest.mark.parametrize("kind", MESSAGE_TYPES)
def test_a_worker_killed_in_the_middle_of_a_message_gives_the_sentence(start, python, kind, cut):
    worker = start([*python, str(HERE / "half_frame.py"), kind, cut])
    with pytest.raises(WorkerDied) as caught:
        list(worker.run("generate"))
    assert str(caught.value) == OUT_OF_MEMORY + "\nIts last lines were:\nabout to be killed"
    assert not worker.is_alive


def test_a_worker_that_can_read_no_further_ends(worker):
    """For whatever reason, as when a message is larger than its memory: it would never hear QGIS again."""
    worker._outbox.send(Message("echo", {"job": []}))
    assert worker._process.wait(5.0) != 0


def test_a_worker_killed_in_the_middle_of_its_hello_gives_the_sentence(start, python):
    with pytest.raises(WorkerDied) as caught:
        start([*python, str(HERE / "half_frame.py"), "hello", "header"])
    assert str(caught.value).startswith(OUT_OF_MEMORY)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"how": "signal", "code": signal.SIGKILL}, OUT_OF_MEMORY),
        ({"how": "signal", "code": signal.SIGSEGV}, "The worker crashed (signal 11: SIGSEGV)."),
        ({"how": "exit", "code": 3}, "The worker ended (exit code 3)."),
    ],
)
def test_a_death_names_its_cause_and_the_last_lines(worker, result_of, fields, sentence):
    with pytest.raises(WorkerDied) as caught:
        result_of(worker, "die", fields)
    assert caught.value.sentence().startswith(f"{sentence}\nIts last lines were:\n")
    assert "the last words" in str(caught.value)


@pytest.mark.parametrize(
    ("returncode", "sentence"),
    [
        (137, OUT_OF_MEMORY.replace("signal 9", "exit code 137")),
        (127, "The worker's command was not found (exit code 127). Check the command."),
        (3221225477, "The worker crashed (exit code 0xC0000005: access violation)."),
        (-1073741819, "The worker crashed (signal 1073741819: unknown)."),
        (None, "The worker closed its connection without a word."),
    ],
)
def test_endings_of_wrappers_and_of_windows_are_explained(returncode, sentence):
    assert str(describe_ending(returncode)) == sentence


@pytest.mark.parametrize(("returncode", "is_transient"), [
    (-9, True), (137, True), (0xC0000017, True), (0xC000012D, True),
    (-11, False), (1, False), (127, False), (0xC0000135, False), (None, False),
])  # fmt: skip
def test_only_memory_that_ran_out_may_go_well_another_time(returncode, is_transient):
    ending = describe_ending(returncode)
    assert ending.is_transient == WorkerDied(ending).is_transient == is_transient
    assert ("memory ran out" in str(ending)) == is_transient


@pytest.mark.parametrize("job", ["wait", "deaf"])
def test_the_worker_is_gone_soon_after_qgis_is_killed(worker_of_killed_client, python, archive, job):
    """`deaf` is busy in the interpreter all the time and heeds no polite signal."""
    assert worker_of_killed_client(job, archive, python).is_gone_within(seconds=5)


def test_no_child_outlives_a_killed_worker(start, python, tmp_path):
    """The command may start Python through a shell that stays in between."""
    script = tmp_path / "between.sh"
    script.write_text('"$@"\nexit 0\n')
    worker = start(["sh", str(script), *python])
    assert worker.hello.pid != worker._process.pid
    worker.kill()
    assert Process(worker.hello.pid).is_gone_within(seconds=5)


def test_a_cancelled_program_takes_its_children_with_it():
    """pip, for one, starts others; they read no pipe of ours that would tell them."""
    lines = []
    with pytest.raises(Cancelled):
        run_to_end(["sh", "-c", "sleep 60 & echo $!; wait"], os.environ, lines.append, lambda: bool(lines))
    assert Process(int(lines[0])).is_gone_within(seconds=5)


def test_why_a_worker_died_is_translated_whatever_it_said_last():
    german = {
        "Nothing was heard for {seconds} s.": "Seit {seconds} s kam nichts.",
        LAST_LINES: "{why} Zuletzt: {tail}",
    }
    died = WorkerDied(GeoGanError("Nothing was heard for {seconds} s.", seconds=60), "a last {line}")
    assert died.sentence(german.get) == "Seit 60 s kam nichts. Zuletzt: a last {line}"
    assert str(WorkerDied(GeoGanError("It ended."))) == "It ended."
