# SPDX-License-Identifier: GPL-3.0-or-later
"""TensorFlow in the worker: starting it, describing it, and choosing the device of a job."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import GeoGanError
from .cpu import cpu_name, vector_instructions

OLDEST_TENSORFLOW = (2, 16)
OLDEST_KERAS = (3, 0)
DEVICE_WISHES = ("auto", "cpu", "gpu")
# Set before TensorFlow is imported; what the user has set already stays.
DEFAULT_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "2",  # errors only: stderr's last lines are for messages
    "MPLBACKEND": "Agg",  # no window, whatever the user's matplotlib is set to
    # Timing would choose another way to convolve in each session, and land of the same seed would differ.
    "TF_CUDNN_USE_AUTOTUNE": "0",
}
# Set whatever the user has set: Keras would take another library's tensors, or another order of their axes. A
# folder that can't be made has no settings, and none are written there.
FORCED_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": str(Path(os.devnull) / "keras")}
DRIVER_FILES = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1", "/dev/nvidiactl")


def start() -> dict[str, Any]:
    """Import TensorFlow, set it up and return the facts for the `hello` message.

    Raises GeoGanError for one that is too old.
    """
    for name, value in DEFAULT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ.update(FORCED_ENVIRONMENT)
    with _hidden("matplotlib"):  # Keras would import it for galleries of pictures: a sixth of all the time
        import tensorflow as tf

    keras = _version("keras")
    refuse_old(tf.__version__, keras)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        # Otherwise TensorFlow takes all memory of the card, also from QGIS's own drawing.
        tf.config.experimental.set_memory_growth(gpu, True)
    # TF32 keeps 10 bits of a product: GPU and CPU would draw visibly different terrain.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.config.threading.set_intra_op_parallelism_threads(usable_cores())
    # Several blocks are computed at a time; and in a training, each card has a network of its own.
    tf.config.threading.set_inter_op_parallelism_threads(max(2, usable_cores(), 2 * len(gpus)))
    # Threads that wait for the same function to be compiled would be warned that each compiled it anew.
    tf.get_logger().setLevel("ERROR")
    return {
        "tensorflow": tf.__version__,
        "keras": keras,
        "devices": [{"kind": "cpu", "name": cpu_name()}]
        + [{"kind": "gpu", "name": _gpu_name(tf, gpu)} for gpu in gpus],
        "arithmetic": _arithmetic(),
        "device": "gpu" if gpus else "cpu",
        "why_no_gpu": "" if gpus else why_no_gpu(tf.__version__, tf.test.is_built_with_gpu_support()),
    }


def refuse_old(tensorflow: str, keras: str) -> None:
    """Raise GeoGanError for versions that lack what the networks are made of. One that is "" is not known."""
    is_old = _major_minor(tensorflow) < OLDEST_TENSORFLOW
    if is_old or (keras and _major_minor(keras) < OLDEST_KERAS):
        raise GeoGanError(
            "The worker's Python ({python}) has TensorFlow {tensorflow} and Keras {keras}, but GeoGAN needs "
            'TensorFlow 2.16 and Keras 3 or newer. Update them, or run "Set up GeoGAN" from the Processing '
            "Toolbox.",
            python=sys.executable,
            tensorflow=tensorflow,
            keras=keras or "?",
        )


def _major_minor(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")[:2]))


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Make a package that is not imported yet look as if it were not installed."""
    is_loaded = package in sys.modules
    if not is_loaded:
        sys.modules[package] = None  # which makes `import` raise ModuleNotFoundError
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules[package]


def _arithmetic() -> str:
    """Return what the bits of results depend on, beside the versions of packages and the device's name."""
    return " ".join([platform.system(), platform.machine(), *platform.libc_ver(), vector_instructions()])


def choose_device(wish: str, best: str, why_no_gpu: str) -> str:
    """Return "cpu" or "gpu" for a job's wish ("auto", "cpu" or "gpu"); `best` is what this machine has."""
    if wish not in DEVICE_WISHES:
        raise GeoGanError("There is no device {wish}. Choose auto, cpu or gpu.", wish=wish)
    if wish == "gpu" and best != "gpu":
        raise GeoGanError("No GPU can be used: {reason} Choose the device auto or cpu.", reason=why_no_gpu)
    return best if wish == "auto" else wish


def why_no_gpu(version: str, has_gpu_support: bool) -> str:
    """Return why TensorFlow `version` sees no GPU, without any value, so that QGIS can translate it.

    The most general cause comes first.
    """
    if sys.platform == "win32" and _major_minor(version) > (2, 10):
        return (
            "TensorFlow has no GPU support on Windows itself (it ended with version 2.10). Install "
            "TensorFlow in WSL2 and give its command to Set up GeoGAN, for example: wsl ~/tf/bin/python."
        )
    if sys.platform == "darwin":
        return "TensorFlow has no official GPU support on macOS."
    if not has_gpu_support:
        return _built_without_cuda(platform.machine())
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in ("", "-1"):
        return "The environment variable CUDA_VISIBLE_DEVICES hides every GPU."
    if not any(Path(file).exists() for file in DRIVER_FILES):
        return "No NVIDIA driver was found on this machine."
    return (
        "There is an NVIDIA driver, but TensorFlow cannot use a GPU: its CUDA libraries are "
        "missing or do not fit the driver. Run Set up GeoGAN with GPU switched on, or update the driver."
    )


def _built_without_cuda(machine: str) -> str:
    if machine == "x86_64":
        return (
            "This TensorFlow was built without CUDA. "
            "Run Set up GeoGAN with GPU switched on if there is an NVIDIA card."
        )
    return "TensorFlow's packages for this kind of processor have no GPU support."


def usable_cores() -> int:
    """Return the number of cores this process may use: a container or `taskset` may allow fewer than all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gpu_name(tf: Any, gpu: Any) -> str:
    return tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)


def _version(package: str) -> str:
    """Return an installed package's version without importing it (Keras takes a second)."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
