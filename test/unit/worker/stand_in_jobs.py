# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for models/jobs.py: small jobs that do what a test needs. Runs in the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np

from ..errors import GeoGanError


def echo(request, channel):
    channel.log("A line about {what}", what="nothing", level="warning")
    channel.progress(0.5, step=3, loss=np.float32(0.25))
    channel.send("result", {"fields": dict(request.fields), "pid": os.getpid()}, request.arrays)


def describe(request, channel):
    channel.send("result", {"environ": dict(os.environ), "python": sys.executable, "nice": os.nice(0)})


def noisy(request, channel):
    print("from Python")
    os.write(1, b"from a library in C\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    channel.send("result", {"read": sys.stdin.read()})


def fail(request, channel):
    kind = request.fields["kind"]
    if kind == "sentence":
        raise GeoGanError("Layer {layer} is too small.", layer="dem")
    if kind == "lengthy":
        raise GeoGanError("No good: {numbers}", numbers=[1] * 500_000)
    if kind == "memory":
        raise MemoryError("a large array")
    if kind == "resource":
        raise type("ResourceExhaustedError", (Exception,), {})("OOM when allocating\nand so on")
    if kind == "card":
        raise RuntimeError("Dst tensor is not initialized.")
    if kind == "bug":
        raise ZeroDivisionError("planted")


def die(request, channel):
    channel.progress(0.1)
    sys.stderr.write("the last words\n")
    sys.stderr.flush()
    if request.fields["how"] == "exit":
        os._exit(request.fields["code"])
    os.kill(os.getpid(), request.fields["code"])


def build(request, channel):
    """Do work that hears no cancel and leaves nothing to save."""
    with channel.expendable():
        channel.progress(0.0)
        time.sleep(60)


def wait(request, channel):
    """Wait for a cancel, then save, as a training does."""
    channel.progress(0.0)
    while not channel.cancelled:
        time.sleep(0.01)
    channel.send("checkpoint", {}, {"file": np.arange(3, dtype=np.uint8)})
    channel.check_cancelled()


def save(request, channel):
    """Wait for a cancel, then save piece by piece."""
    channel.progress(0.0)
    while not channel.cancelled:
        time.sleep(0.01)
    for _ in range(4):
        channel.send("checkpoint")
    channel.check_cancelled()


def chatter(request, channel):
    """Hear no cancel, and send more than anybody takes."""
    while True:
        channel.progress(0.0)


def deaf(request, channel):
    """Hear no cancel, and leave the interpreter little air."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    channel.progress(0.0)
    while True:
        sum(range(100_000))


kept_above = []


def hoard(request, channel):
    """Take memory that goes back only where garbage is looked for and the C library is told to trim."""
    ring = [np.ones(1000) for _ in range(request.fields["count"])]  # too small to be mapped one by one
    ring.append(ring)
    kept_above.append(np.ones(1000))  # what lies below it is not given back when it is freed
    channel.send("result")


def ask(request, channel):
    """Ask for something in the middle of a job, and go on until it comes."""
    channel.send("wanted", {"what": "seven"})
    while (supply := channel.supplied()) is None:
        time.sleep(0.01)
    channel.send("result", {"supplied": dict(supply.fields)}, supply.arrays)


def blocks(request, channel):
    for number in range(request.fields["count"]):
        sent_at = time.monotonic()
        channel.send("block", {"number": number, "sent_at": sent_at}, {"values": np.ones((512, 512), "f4")})
    channel.send("result")


HANDLERS = {
    handler.__name__: handler
    for handler in (echo, describe, noisy, fail, die, build, wait, save, chatter, deaf, ask, blocks, hoard)
}
