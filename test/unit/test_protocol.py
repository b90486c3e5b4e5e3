# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames: what is written is read again; what is cut, damaged or too large is refused."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from geogan.worker import protocol
from geogan.worker.protocol import DTYPES, Message, ProtocolError, read_message, write_message
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

FIELDS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name not in ("type", "arrays")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
ARRAYS = st.dictionaries(
    st.text(max_size=8),
    st.sampled_from(sorted(DTYPES)).flatmap(
        lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ),
    max_size=3,
)


def as_bytes(*messages: Message) -> bytes:
    stream = io.BytesIO()
    for message in messages:
        write_message(stream, message)
    return stream.getvalue()


def frame(**header) -> bytes:
    return json.dumps(header).encode() + b"\n"


def assert_same(read: Message, written: Message) -> None:
    assert (read.type, read.fields) == (written.type, written.fields)
    assert list(read.arrays) == list(written.arrays)
    for name, array in written.arrays.items():
        assert read.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(read.arrays[name], array)


@given(st.lists(st.builds(Message, st.text(), FIELDS, ARRAYS), max_size=3))
def test_messages_come_back_as_they_were_written(messages):
    stream = io.BytesIO(as_bytes(*messages))
    for message in messages:
        assert_same(read_message(stream), message)
    assert read_message(stream) is None


def test_arrays_cross_in_c_order_and_little_endian_whatever_they_were():
    values = np.arange(12, dtype=">f4").reshape(3, 4)
    frame = as_bytes(Message("block", {}, {"values": values[::2, ::-1].T}))
    expected = np.array([[3, 11], [2, 10], [1, 9], [0, 8]], "<f4")
    assert frame.endswith(expected.tobytes())
    np.testing.assert_array_equal(read_message(io.BytesIO(frame)).arrays["values"], expected)


def test_numpy_numbers_in_the_fields_become_plain_numbers():
    message = Message("progress", {"loss": np.float32(0.5), "step": np.int64(3)})
    assert read_message(io.BytesIO(as_bytes(message))).fields == {"loss": 0.5, "step": 3}


def test_a_frame_that_is_cut_anywhere_is_refused():
    whole = as_bytes(Message("block", {"row": 1}, {"values": np.arange(4.0), "mask": np.ones(3, bool)}))
    for length in range(1, len(whole)):
        with pytest.raises(ProtocolError, match="was cut off"):
            read_message(io.BytesIO(whole[:length]))


@pytest.mark.parametrize(
    "line", [b"\n", b"Welcome to the GPU machine\n", b"[1]\n", b"{}\n", b'{"type": 3}\n', b"\xff\n"]
)
def test_what_is_no_header_is_refused_and_quoted(line):
    with pytest.raises(ProtocolError, match=r"^Not a message: '"):
        read_message(io.BytesIO(line))


def test_headers_nested_without_end_are_refused():
    with pytest.raises(ProtocolError, match=r"^Not a message"):
        read_message(io.BytesIO(b'{"type": ' + b"[" * 100_000 + b"\n"))


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "|O"}, {"dtype": ">f4"}, {"dtype": "<c8"}, {"dtype": 4}, {"shape": [-1]}, {"shape": [2.0]},
        {"shape": [True]}, {"shape": 3}, {"shape": [1] * 9}, {"name": 1}, {"name": None}, {"dtype": ["<f4"]},
    ],
)  # fmt: skip
def test_arrays_of_other_types_or_shapes_are_refused(change):
    entry = {"name": "values", "dtype": "<f4", "shape": [2], **change}
    with pytest.raises(ProtocolError, match="an array that is not allowed"):
        read_message(io.BytesIO(frame(type="block", arrays=[entry]) + bytes(100)))


def test_two_arrays_of_one_name_are_refused():
    entry = {"name": "values", "dtype": "<f4", "shape": [1]}
    with pytest.raises(ProtocolError, match="names two arrays alike"):
        read_message(io.BytesIO(frame(type="block", arrays=[entry, entry]) + bytes(8)))


@pytest.mark.parametrize("shape", [[2**31], [0, 2**62], [2**20, 2**20], [10**30]])
def test_arrays_beyond_the_limit_are_refused_before_they_are_made(shape):
    entry = {"name": "values", "dtype": "<f4", "shape": shape}
    with pytest.raises(ProtocolError, match="2147483648 are allowed"):
        read_message(io.BytesIO(frame(type="block", arrays=[entry])))


def test_a_header_beyond_the_limit_is_refused_without_reading_it_all():
    stream = io.BytesIO(b"x" * (protocol.MAX_HEADER_BYTES * 3))
    with pytest.raises(ProtocolError, match="longer than 1048576 bytes"):
        read_message(stream)
    assert stream.tell() == protocol.MAX_HEADER_BYTES + 1


@pytest.mark.parametrize(
    "message",
    [
        Message("log", {"text": "x" * protocol.MAX_HEADER_BYTES}),
        Message("block", {}, {"values": np.broadcast_to(np.zeros(1), (2**14, 2**15))}),
        Message("block", {}, {"values": np.array(["text"])}),
    ],
    ids=["header", "arrays", "dtype"],
)
def test_nothing_is_written_of_a_message_that_could_not_be_read(message, monkeypatch):
    monkeypatch.setattr(protocol, "MAX_ARRAY_BYTES", 2**20)
    monkeypatch.setattr(protocol, "_little_endian", np.asarray)  # spares the test the large copy
    stream = io.BytesIO()
    with pytest.raises(ProtocolError):
        write_message(stream, message)
    assert stream.getvalue() == b""


@pytest.mark.parametrize("name", ["type", "arrays"])
def test_fields_may_not_hide_what_the_frame_needs(name):
    with pytest.raises(ValueError, match=name):
        write_message(io.BytesIO(), Message("log", {name: 1}))
