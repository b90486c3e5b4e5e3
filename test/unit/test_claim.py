# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time writes a file."""

from __future__ import annotations

import subprocess
import sys

import pytest
from geogan.errors import GeoGanError
from geogan.rasters.writing.claim import Claim
from geogan.test.harness.programs import ROOT


def test_a_second_run_is_refused_until_the_first_is_done(tmp_path):
    first = Claim(tmp_path / "land.tif")
    with pytest.raises(GeoGanError, match=r"Another run is writing .*land\.tif"):
        Claim(tmp_path / "land.tif")
    first.release()
    Claim(tmp_path / "land.tif").release()
    assert list(tmp_path.iterdir()) == []


def test_runs_of_other_files_do_not_meet(tmp_path):
    claims = [Claim(tmp_path / name) for name in ("one.tif", "other.tif")]
    for claim in claims:
        claim.release()


def test_a_claim_may_be_released_twice(tmp_path):
    claim = Claim(tmp_path / "land.tif")
    claim.release()
    other = Claim(tmp_path / "land.tif")
    claim.release()
    with pytest.raises(GeoGanError):
        Claim(tmp_path / "land.tif")
    other.release()


def test_the_claim_of_a_process_that_was_killed_is_nobodys(tmp_path):
    program = f"""if True:
        import os, runpy, sys
        runpy.run_path({str(ROOT / "test" / "conftest.py")!r})
        from pathlib import Path
        from geogan.rasters.writing.claim import Claim
        claim = Claim(Path(sys.argv[1]))
        os._exit(1)
    """
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "land.tif")], check=False)
    assert (tmp_path / "land.tif.lock").exists()
    Claim(tmp_path / "land.tif").release()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(GeoGanError, match="cannot be written"):
        Claim(tmp_path / "nowhere" / "land.tif")
