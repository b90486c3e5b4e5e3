# SPDX-License-Identifier: GPL-3.0-or-later
"""One worker stays warm between jobs."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import pytest
from geogan.errors import Cancelled
from geogan.worker import client
from geogan.worker.client import Worker, WorkerDied, WorkerError
from geogan.worker.pool import WarmWorkers


@pytest.fixture
def pool(archive):
    pool = WarmWorkers(partial(Worker.launch, archive=archive))
    yield pool
    pool.close()


def test_a_second_job_gets_the_same_worker(pool, python, result_of):
    pids = []
    for _ in range(2):
        with pool.borrowed(python) as worker:
            pids.append(result_of(worker, "echo").fields["pid"])
    assert pids[0] == pids[1]


def test_another_command_gets_another_worker_and_the_old_one_ends(pool, python):
    with pool.borrowed(python) as first:
        pass
    with pool.borrowed(["nice", *python]) as second:
        assert second is not first
    assert not first.is_alive


def test_two_jobs_at_once_get_two_workers_and_one_is_kept(pool, python):
    with pool.borrowed(python) as first, pool.borrowed(python) as second:
        assert first.hello.pid != second.hello.pid
    assert [first.is_alive, second.is_alive] == [True, False]


@pytest.mark.parametrize("kind", ["memory", "bug"])
def test_a_worker_is_not_kept_after_an_unexpected_failure(pool, python, kind):
    with pytest.raises(WorkerError), pool.borrowed(python) as worker:
        list(worker.run("fail", {"kind": kind}))
    assert not worker.is_alive


def test_a_worker_is_kept_after_a_plain_sentence(pool, python):
    with pytest.raises(WorkerError, match="too small"), pool.borrowed(python) as worker:
        list(worker.run("fail", {"kind": "sentence"}))
    assert worker.is_alive


def test_a_worker_is_kept_when_the_borrower_failed_before_its_job(pool, python):
    with pytest.raises(ValueError, match="planted"), pool.borrowed(python) as worker:
        raise ValueError("planted")
    assert worker.is_alive


def test_a_worker_is_not_kept_when_the_borrower_failed_within_its_job(pool, python):
    def fail_at(message):
        raise ValueError("planted")

    with pytest.raises(ValueError, match="planted"), pool.borrowed(python) as worker:
        list(map(fail_at, worker.run("wait")))
    assert not worker.is_alive


def test_no_worker_is_left_after_a_cancel(pool, python):
    types = []
    with pytest.raises(Cancelled), pool.borrowed(python, lambda: "progress" in types) as worker:
        types.extend(message.type for message in worker.run("wait", is_cancelled=lambda: "progress" in types))
    assert not worker.is_alive


def test_a_worker_that_died_while_idle_is_replaced(pool, python, result_of):
    with pool.borrowed(python) as first:
        pass
    first._process.kill()
    first._process.wait()
    with pool.borrowed(python) as second:
        assert result_of(second, "echo").type == "result"


def test_a_worker_that_fell_silent_while_idle_is_replaced(pool, python, result_of, monkeypatch):
    """As behind ssh after the computer has slept: the near end runs, the far end is gone."""
    monkeypatch.setattr(client, "HEARTBEATS_S", 1.5)
    with pool.borrowed(python) as first:
        pass
    os.kill(first._process.pid, signal.SIGSTOP)
    time.sleep(2.0)
    with pool.borrowed(python) as second:
        assert result_of(second, "echo").type == "result"
    assert not first.is_alive


@pytest.mark.parametrize("slept_s", [0.0, 3600.0])
def test_a_worker_that_has_been_idle_for_long_is_lent_when_it_shows_life(pool, python, slept_s):
    with pool.borrowed(python) as first:
        pass
    first._inbox.heard_at -= slept_s
    with pool.borrowed(python) as second:
        assert second is first


def test_a_worker_that_beats_is_lent_without_a_wait(pool, python):
    with pool.borrowed(python):
        pass
    for _ in range(3):
        time.sleep(0.7)
        began = time.monotonic()
        with pool.borrowed(python):
            assert time.monotonic() - began < 0.3


def test_an_idle_worker_is_ended_in_the_end(archive, python):
    pool = WarmWorkers(partial(Worker.launch, archive=archive))
    pool.idle_s = 0.2
    with pool.borrowed(python) as worker:
        pass
    deadline = time.monotonic() + 5
    while worker.is_alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.is_alive


def test_closing_ends_the_idle_worker(pool, python):
    with pool.borrowed(python) as worker:
        pass
    pool.close()
    assert not worker.is_alive


def test_a_prepared_worker_is_the_one_that_the_job_gets(pool, python, result_of):
    pool.prepare(python)
    pool.prepare(python)
    with pool.borrowed(python) as worker:
        assert result_of(worker, "echo").type == "result"
    with pool.borrowed(python) as second:
        assert second is worker


def test_preparing_does_not_wait_for_the_worker(archive, python):
    pool = WarmWorkers(partial(Worker.launch, archive=archive))
    slow = ["sh", "-c", 'sleep 60; exec "$0" "$@"', *python]
    start = time.monotonic()
    pool.prepare(slow)
    pool.close()
    assert time.monotonic() - start < 30.0


def test_a_prepared_worker_of_another_command_is_replaced(pool, python, result_of):
    pool.prepare(["nice", *python])
    with pool.borrowed(python) as worker:
        assert worker.command == tuple(python)
        assert result_of(worker, "echo").type == "result"


def test_a_prepared_worker_outlives_an_idle_time_of_nothing(pool, python, result_of):
    pool.idle_s = 0.0
    pool.prepare(python)
    time.sleep(0.2)
    with pool.borrowed(python) as worker:
        assert result_of(worker, "echo").type == "result"


def test_a_worker_that_nobody_will_come_for_goes_after_the_idle_time(pool, python):
    pool.idle_s = 0.0
    pool.prepare(python)
    worker = pool._idle
    pool.unneeded()
    deadline = time.monotonic() + 5.0
    while worker.is_alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.is_alive


def test_where_none_was_prepared_none_is_unneeded(pool):
    pool.unneeded()


@pytest.mark.parametrize("other", ["another command", "dead"])
def test_preparing_replaces_a_worker_that_would_be_of_no_use(pool, python, other):
    with pool.borrowed(python) as kept:
        pass
    if other == "dead":
        kept._process.kill()
        kept._process.wait()
    command = ["nice", *python] if other == "another command" else python
    pool.prepare(command)
    with pool.borrowed(command) as worker:
        assert worker is not kept
    assert not kept.is_alive


def test_a_python_that_lacks_something_is_told_of_when_the_worker_is_needed(pool):
    pool.prepare(["false"])
    with pytest.raises(WorkerDied), pool.borrowed(["false"]):
        pass


def test_a_cancel_is_heard_while_a_prepared_worker_starts(pool, python):
    pool.prepare(["sh", "-c", 'sleep 20; exec "$0" "$@"', *python])
    with (
        pytest.raises(Cancelled),
        pool.borrowed(["sh", "-c", 'sleep 20; exec "$0" "$@"', *python], lambda: True),
    ):
        pass
