# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of processor this is."""

from __future__ import annotations

import pytest
from geogan.worker import cpu

X86 = "processor\t: 0\nmodel name\t: Fast 9000\nflags\t\t: fpu avx2 sse2 avx fma sse4_1\n\nprocessor\t: 1\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd sve aes\n"


@pytest.fixture
def info(tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(cpu, "CPU_INFO", file)
    return file


def test_its_name_is_the_makers(info):
    info.write_text(X86, encoding="utf-8")
    assert cpu.cpu_name() == "Fast 9000"


@pytest.mark.parametrize(("text", "names"), [(X86, "avx avx2 fma sse4_1"), (ARM, "asimd sve")])
def test_its_instructions_for_several_numbers_are_named(info, text, names):
    info.write_text(text, encoding="utf-8")
    assert cpu.vector_instructions() == names


def test_where_the_system_says_nothing_it_still_has_a_name(info):
    assert not info.exists()
    assert cpu.cpu_name()
    assert cpu.vector_instructions() == ""
