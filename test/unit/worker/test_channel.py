# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job sends crosses the pipe while the job goes on."""

from __future__ import annotations

import threading

import pytest
from geogan.worker.channel import Channel


class SlowPipe:
    """Takes each message only when it is told to."""

    def __init__(self):
        self.crossed = []
        self.is_open = threading.Event()

    def write(self, message):
        assert self.is_open.wait(5.0)
        self.crossed.append(message.fields.get("number"))


def test_a_job_goes_on_while_its_message_crosses():
    pipe = SlowPipe()
    with Channel(1, pipe.write).crossing() as send:
        send("block", {"number": 0})
        assert pipe.crossed == []
        pipe.is_open.set()
        for number in (1, 2, 3):
            send("block", {"number": number})
            assert len(pipe.crossed) >= number  # one at a time: memory does not grow
    assert pipe.crossed == [0, 1, 2, 3]


def test_all_has_crossed_when_a_job_is_broken_off():
    pipe = SlowPipe()
    pipe.is_open.set()

    def broken_off():
        with Channel(1, pipe.write).crossing() as send:
            send("block", {"number": 0})
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken_off()
    assert pipe.crossed == [0]


def test_a_message_that_cannot_be_sent_ends_the_job():
    def refuse(_message):
        raise ValueError("too large")

    with pytest.raises(ValueError, match="too large"), Channel(1, refuse).crossing() as send:
        send("block", {"number": 0})
