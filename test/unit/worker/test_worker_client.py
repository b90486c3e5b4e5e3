# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs in a real worker process: messages both ways, failures, cancel, back-pressure."""

from __future__ import annotations

import os
import signal
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.worker import client
from geogan.worker.client import WorkerDied, WorkerError
from geogan.worker.protocol import ProtocolError

OUT_OF_MEMORY = (
    "The worker ran out of memory. Use a smaller preset, patch size or batch size, or close other programs. "
)


def test_a_hello_tells_versions_and_devices(worker):
    assert worker.hello.tensorflow == "stand-in"
    assert worker.hello.device == "cpu"
    assert [device.kind for device in worker.hello.devices] == ["cpu"]
    assert worker.is_idle


def test_a_job_gets_its_fields_and_arrays_and_answers_with_its_own(worker, result_of):
    arrays = {"dem": np.arange(6, dtype="f4").reshape(2, 3), "bytes": np.zeros(0, "u1")}
    others = []
    result = result_of(worker, "echo", {"name": "Gebirge ä"}, arrays, others)
    assert result.fields["fields"] == {"name": "Gebirge ä", "job": 1}
    np.testing.assert_array_equal(result.arrays["dem"], arrays["dem"])
    assert result.arrays["bytes"].shape == (0,)
    log, progress = others
    assert (log.type, log.fields["template"], log.fields["values"]) == (
        "log", "A line about {what}", {"what": "nothing"},
    )  # fmt: skip
    assert (progress.fields["fraction"], progress.fields["step"], progress.fields["loss"]) == (0.5, 3, 0.25)


def test_a_job_is_supplied_with_what_it_asks_for_while_it_runs(worker):
    result = None
    for message in worker.run("ask"):
        if message.type == "wanted":
            worker.supply({"number": 7}, {message.fields["what"]: np.arange(7)})
        elif message.type == "result":
            result = message
    assert result.fields["supplied"] == {"number": 7, "job": 1}
    np.testing.assert_array_equal(result.arrays["seven"], np.arange(7))


def test_a_worker_stays_warm_for_the_next_job(worker, result_of):
    first = result_of(worker, "echo").fields["pid"]
    assert worker.is_idle
    assert result_of(worker, "echo").fields["pid"] == first


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("sentence", "Layer dem is too small."),
        (
            "memory",
            OUT_OF_MEMORY + "(MemoryError: a large array)",
        ),
        (
            "resource",
            OUT_OF_MEMORY + "(ResourceExhaustedError: OOM when allocating)",
        ),
        ("card", OUT_OF_MEMORY + "(RuntimeError: Dst tensor is not initialized.)"),
        ("bug", "The worker failed: ZeroDivisionError: planted"),
        ("nothing", "The worker's job fail ended without a result."),
    ],
)
def test_a_failed_job_gives_a_sentence_and_leaves_the_worker_usable(worker, result_of, kind, sentence):
    with pytest.raises(WorkerError) as caught:
        result_of(worker, "fail", {"kind": kind})
    assert str(caught.value) == sentence
    assert ('raise ZeroDivisionError("planted")' in caught.value.detail) == (kind == "bug")
    assert result_of(worker, "echo").type == "result"


def test_a_job_that_does_not_exist_gives_a_sentence(worker, result_of):
    with pytest.raises(GeoGanError, match=r"^The worker has no job called dance\.$"):
        result_of(worker, "dance")


def test_what_libraries_print_does_not_damage_the_messages(worker, result_of):
    assert result_of(worker, "noisy").fields["read"] == ""
    worker.close()
    assert worker._stderr.text().splitlines() == ["from Python", "from a library in C", "from a child"]


def test_a_cancelled_job_saves_and_the_worker_stays(worker, result_of):
    types = []
    messages = worker.run("wait", is_cancelled=lambda: "progress" in types)
    with pytest.raises(Cancelled):
        types.extend(message.type for message in messages)
    assert [kind for kind in types if kind != "idle"] == ["progress", "checkpoint"]
    assert result_of(worker, "echo").type == "result"


def test_what_a_cancelled_job_sent_in_time_is_taken_by_a_slow_caller_too(worker, monkeypatch):
    monkeypatch.setattr(client, "CANCEL_GRACE_S", 2.0)
    types = []

    def take(message):
        if message.type == "checkpoint" and "checkpoint" not in types:
            time.sleep(2.5)
        types.append(message.type)

    with pytest.raises(Cancelled):
        list(map(take, worker.run("save", is_cancelled=lambda: "progress" in types)))
    assert types.count("checkpoint") == 4
    assert worker.is_idle


def test_a_cancelled_job_that_sends_without_end_is_ended(worker, monkeypatch):
    monkeypatch.setattr(client, "CANCEL_GRACE_S", 0.3)
    with pytest.raises(Cancelled):
        [time.sleep(0.01) for _ in worker.run("chatter", is_cancelled=lambda: True)]
    assert not worker.is_alive


def test_a_cancel_ends_at_once_what_leaves_nothing_to_save(worker):
    began = time.monotonic()
    types = []
    messages = worker.run("build", is_cancelled=lambda: "progress" in types)
    with pytest.raises(Cancelled):
        types.extend(message.type for message in messages)
    assert time.monotonic() - began < 0.8 * client.CANCEL_GRACE_S
    assert not worker.is_alive


def test_a_cancel_that_is_not_heeded_ends_the_worker_after_a_grace_time(worker, monkeypatch):
    monkeypatch.setattr(client, "CANCEL_GRACE_S", 0.3)
    with pytest.raises(Cancelled):
        list(worker.run("deaf", is_cancelled=lambda: True))
    assert not worker.is_alive


def test_an_idle_message_comes_at_least_ten_times_a_second(worker):
    seen = [(time.monotonic(), "start")]
    messages = worker.run("wait", is_cancelled=lambda: len(seen) > 6)
    with pytest.raises(Cancelled):
        seen.extend((time.monotonic(), message.type) for message in messages)
    assert sum(kind == "idle" for _, kind in seen) >= 5
    gaps = [after - before for (before, _), (after, _) in zip(seen, seen[1:])]
    assert np.median(gaps) < 0.2  # a busy machine may hold up one


def test_a_caller_that_stops_early_ends_the_worker(worker):
    messages = worker.run("wait")
    next(messages)
    messages.close()
    assert not worker.is_alive


def test_a_slow_writer_makes_the_worker_wait_and_memory_stays_flat(worker):
    tracemalloc.start()
    blocks = worker.run("blocks", {"count": 100})
    sent_at = {}
    woke_at = None
    for message in blocks:
        if message.type == "block":
            if woke_at is None:
                time.sleep(1.0)
                woke_at = time.monotonic()
            sent_at[message.fields["number"]] = message.fields["sent_at"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(sent_at) == 100
    assert sent_at[30] > woke_at  # the worker stood still while the writer slept
    assert peak < 20 * 2**20  # of 100 MiB that came through


def test_a_request_beyond_the_limits_is_refused_here_and_the_worker_stays(worker, result_of):
    with pytest.raises(ProtocolError, match=r"that is not allowed: .*complex|that is not allowed: .*c16"):
        result_of(worker, "echo", {}, {"values": np.zeros(3, complex)})
    assert result_of(worker, "echo").type == "result"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process from /proc")
def test_an_idle_worker_gives_its_memory_back(worker, result_of):
    result_of(worker, "echo", {}, {"small": np.ones(1)})
    before = resident_bytes(worker.hello.pid)
    result_of(worker, "echo", {}, {"large": np.ones(2**24)})
    result_of(worker, "hoard", {"count": 2**14})
    deadline = time.monotonic() + 5
    while resident_bytes(worker.hello.pid) - before > 2**24 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert resident_bytes(worker.hello.pid) - before < 2**24  # of the 2**27 that it had held twice


def test_qgis_keeps_neither_a_request_nor_a_result(worker, result_of):
    """Training sends hundreds of megabytes and the worker then stays warm for minutes."""
    tracemalloc.start()
    result_of(worker, "echo", {}, {"large": np.ones(2**22)})
    deadline = time.monotonic() + 5  # the thread that reads may hold the result for a moment
    while tracemalloc.get_traced_memory()[0] > 2**20 and time.monotonic() < deadline:
        time.sleep(0.05)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 2**20


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_worker_that_falls_silent_is_ended(worker, monkeypatch):
    monkeypatch.setattr(client, "SILENCE_S", 0.5)
    os.kill(worker._process.pid, signal.SIGSTOP)
    with pytest.raises(WorkerDied, match=r"^Nothing was heard from the worker for 0 s\.") as caught:
        list(worker.run("echo"))
    assert caught.value.is_transient
    assert not worker.is_alive


def test_a_start_may_be_silent_for_as_long_as_a_start_may_take(start, python, tmp_path, monkeypatch):
    """A long import holds the heartbeat up."""
    monkeypatch.setattr(client, "SILENCE_S", 0.1)
    monkeypatch.setattr(client, "START_S", 1.5)
    script = tmp_path / "silent.py"
    script.write_text("import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(WorkerDied, match=r"^(Nothing was heard|The worker did not start)") as caught:
        start([*python, str(script)])
    assert caught.value.is_transient
    assert time.monotonic() - began > 1.0


def test_a_start_can_be_cancelled(start, python, tmp_path):
    script = tmp_path / "slow.py"
    script.write_text("import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(Cancelled):
        start([*python, str(script)], is_cancelled=lambda: time.monotonic() - began > 0.3)
    assert time.monotonic() - began < 20


def test_closing_ends_the_worker_by_itself(worker):
    worker.close()
    assert worker._process.returncode == 0


def test_however_long_what_an_error_is_about_its_sentence_arrives(worker):
    with pytest.raises(WorkerError) as caught:
        list(worker.run("fail", {"kind": "lengthy"}))
    assert str(caught.value).startswith("No good: [1, 1, 1")
    assert len(str(caught.value)) < 5000
    assert worker.is_idle
