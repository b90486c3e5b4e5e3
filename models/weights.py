# SPDX-License-Identifier: GPL-3.0-or-later
"""Named arrays to bytes and back, in the safetensors format, checked against the network that takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import safetensors
import safetensors.numpy
import tensorflow as tf

from ..errors import GeoGanError


def network_weights(variables: Iterable[tf.Variable], prefix: str) -> dict[str, np.ndarray]:
    """Return a network's variables by name: `prefix` and the path of the variable in the network."""
    return {prefix + path_of(variable): variable.numpy() for variable in variables}


def values_of(variables: Iterable[tf.Variable]) -> list[tf.Variable]:
    """Return TensorFlow's variables within Keras's, which a tape can watch."""
    return [variable.value for variable in variables]


def path_of(variable: tf.Variable) -> str:
    """Return a variable's path without the network's own name, for example `entry/kernel`."""
    return variable.path.split("/", 1)[1]


def to_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return arrays as a safetensors file."""
    # Not ascontiguousarray, which makes a scalar an array of one.
    return safetensors.numpy.save({name: np.asarray(array, order="C") for name, array in arrays.items()})


def from_bytes(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a safetensors file.

    Raises:
        GeoGanError: the file breaks the format's rules.
    """
    try:
        return safetensors.numpy.load(content)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise GeoGanError("The model file's weights are damaged.") from error


def assign(variables: Iterable[tf.Variable], prefix: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a network's variables the arrays of their names.

    Raises:
        GeoGanError: an array is missing, of another shape or type, or holds values that are not finite.
    """
    for variable in variables:
        name = prefix + path_of(variable)
        array = arrays.get(name)
        if array is None:
            raise GeoGanError("The model file lacks the weights {name}.", name=name)
        if array.shape != tuple(variable.shape) or array.dtype != np.float32:
            raise GeoGanError(
                "The model file's weights {name} are {found}, but the network takes {expected}.",
                name=name,
                found=f"{array.dtype} {array.shape}",
                expected=f"float32 {tuple(variable.shape)}",
            )
        if not np.isfinite(array).all():
            raise GeoGanError("The model file's weights {name} are not finite numbers.", name=name)
        variable.assign(array)
