# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker with the real TensorFlow: what it says of itself, and that it ends in the middle of a step."""

from __future__ import annotations

import shutil

import pytest
from geogan.errors import GeoGanError
from geogan.worker import runtime
from geogan.worker.archive import PACKAGE_ROOT, build_archive
from geogan.worker.client import Worker

JOBS = """
import gc
import logging
import os
import sys
import keras
import tensorflow as tf

HAS_PLOTTING = "matplotlib" in sys.modules

def describe(request, channel):
    import matplotlib
    channel.send("result", {
        "has_plotting": HAS_PLOTTING,
        "collects": gc.isenabled(),
        "frozen": gc.get_freeze_count(),
        "device": channel.device,
        "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "networks": tf.config.threading.get_inter_op_parallelism_threads(),
        "warns": tf.get_logger().isEnabledFor(logging.WARNING),
        "backend": os.environ["MPLBACKEND"],
        "graph": float(traced(tf.constant(2.0))),
        "keras": [keras.backend.backend(), keras.config.image_data_format(), keras.config.floatx()],
    })

@tf.function
def traced(x):
    # Autograph must read this function's source, which no file holds.
    if x > 1.0:
        x = x * 2.0
    return x

def step(request, channel):
    channel.progress(0.0)
    large = tf.random.uniform((6000, 6000))
    while True:
        large = tf.linalg.matmul(large, large)

HANDLERS = {"describe": describe, "step": step}
"""

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def tensorflow_archive(tmp_path_factory) -> bytes:
    root = tmp_path_factory.mktemp("tensorflow")
    shutil.copytree(PACKAGE_ROOT / "worker", root / "worker")
    for name in ("__init__.py", "errors.py"):
        shutil.copy(PACKAGE_ROOT / name, root)
    (root / "models").mkdir()
    (root / "models" / "__init__.py").touch()
    (root / "models" / "jobs.py").write_text(JOBS)
    (root / "realism").mkdir()
    return build_archive(root)


@pytest.fixture(scope="module")
def warm(python, tensorflow_archive):
    worker = Worker.start(python, archive=tensorflow_archive)
    yield worker
    worker.close()


def test_a_hello_names_versions_and_the_reason_for_no_gpu(warm):
    hello = warm.hello
    assert hello.tensorflow[0] == "2"
    assert hello.keras[0] == "3"
    assert hello.devices[0].kind == "cpu"
    assert (hello.device == "gpu") == (hello.why_no_gpu == "")


def test_tensorflow_is_set_up_for_the_same_pixels_everywhere(warm, result_of):
    facts = result_of(warm, "describe").fields
    assert facts["tf32"] is False
    assert facts["threads"] >= 1
    assert facts["networks"] >= max(2, facts["threads"])
    assert facts["warns"] is False
    assert facts["backend"] == "Agg"


def test_the_start_neither_loads_plotting_nor_keeps_looking_at_what_it_loaded(warm, result_of):
    facts = result_of(warm, "describe").fields
    assert facts["has_plotting"] is False, "and a job may import it"
    assert facts["collects"] is True
    assert facts["frozen"] > 100_000


def test_what_the_user_has_set_keras_to_is_left_to_other_programs(
    python, tensorflow_archive, result_of, tmp_path, monkeypatch
):
    settings = '{"image_data_format": "channels_first", "floatx": "float16", "backend": "torch"}'
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(settings)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / ".keras"))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    worker = Worker.start(python, archive=tensorflow_archive)
    try:
        found = result_of(worker, "describe").fields["keras"]
    finally:
        worker.close()
    assert found == ["tensorflow", "channels_last", "float32"]
    assert (tmp_path / ".keras" / "keras.json").read_text() == settings


def test_functions_from_the_pipe_can_be_traced(warm, result_of):
    assert result_of(warm, "describe").fields["graph"] == 4.0


def test_a_wish_for_a_device_is_heard(warm, result_of):
    assert result_of(warm, "describe", {"device": "cpu"}).fields["device"] == "cpu"
    with pytest.raises(GeoGanError, match=r"^There is no device tpu\."):
        result_of(warm, "describe", {"device": "tpu"})
    if warm.hello.device == "cpu":
        with pytest.raises(GeoGanError, match=r"^No GPU can be used: .+ Choose the device auto or cpu\.$"):
            result_of(warm, "describe", {"device": "gpu"})


def test_the_worker_is_gone_in_the_middle_of_a_step(worker_of_killed_client, python, tensorflow_archive):
    assert worker_of_killed_client("step", tensorflow_archive, python).is_gone_within(seconds=5)


@pytest.mark.parametrize(
    ("platform", "visible", "has_gpu_support", "reason"),
    [
        ("win32", None, False, "has no GPU support on Windows itself (it ended with version 2.10)"),
        ("darwin", None, False, "no official GPU support on macOS"),
        ("linux", None, False, "was built without CUDA"),
        ("linux", "-1", True, "CUDA_VISIBLE_DEVICES hides every GPU"),
        ("linux", None, True, "No NVIDIA driver was found"),
    ],
)
def test_each_reason_for_no_gpu_has_its_sentence(monkeypatch, platform, visible, has_gpu_support, reason):
    monkeypatch.setattr(runtime.sys, "platform", platform)
    monkeypatch.setattr(runtime, "DRIVER_FILES", ("/nowhere",))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert reason in runtime.why_no_gpu("2.21.0", has_gpu_support)


def test_no_gpu_is_promised_for_a_processor_that_has_no_packages_for_one(monkeypatch):
    monkeypatch.setattr(runtime.sys, "platform", "linux")
    monkeypatch.setattr(runtime.platform, "machine", lambda: "aarch64")
    assert runtime.why_no_gpu("2.21.0", False) == (
        "TensorFlow's packages for this kind of processor have no GPU support."
    )


def test_a_graphics_card_gives_its_memory_as_it_is_needed_and_rounds_as_a_processor_does(monkeypatch):
    import tensorflow as tf

    card, asked = "a card", []
    monkeypatch.setattr(runtime.os, "environ", dict(runtime.os.environ))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [card] if kind == "GPU" else [])
    config = tf.config.experimental
    monkeypatch.setattr(config, "set_memory_growth", lambda *given: asked.append(("growth", *given)))
    monkeypatch.setattr(
        config, "enable_tensor_float_32_execution", lambda *given: asked.append(("tf32", *given))
    )
    monkeypatch.setattr(runtime, "_gpu_name", lambda _tf, gpu: gpu)
    for name in ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"):
        monkeypatch.setattr(tf.config.threading, name, lambda _count: None)

    said = runtime.start()

    assert asked == [("growth", card, True), ("tf32", False)]
    assert said["device"] == "gpu"
    assert said["devices"][1] == {"kind": "gpu", "name": card}
