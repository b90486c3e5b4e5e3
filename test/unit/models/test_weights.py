# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
from geogan.models.weights import from_bytes, to_bytes


def test_arrays_of_any_shape_and_layout_survive():
    """A scalar stays a scalar: the step counter of an optimiser is one."""
    arrays = {
        "scalar": np.array(7, np.int64),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "empty": np.empty((0, 4), np.float32),
    }
    restored = from_bytes(to_bytes(arrays))
    assert restored.keys() == arrays.keys()
    for name, array in arrays.items():
        assert restored[name].shape == array.shape
        assert restored[name].dtype == array.dtype
        np.testing.assert_array_equal(restored[name], array)
