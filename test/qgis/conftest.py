# SPDX-License-Identifier: GPL-3.0-or-later
"""QGIS with GeoGAN's provider, and the sample DEM, for the tests in this folder."""

from __future__ import annotations

import gc
import shutil
import sys
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample" / "jacksboro_fault.tif"


@pytest.fixture(scope="module")
def provider(qgis_app, qgis_processing):
    """The provider, registered as QGIS does it."""
    from geogan.algorithms.provider import GeoGanProvider

    registered = GeoGanProvider()
    QgsApplication.processingRegistry().addProvider(registered)
    yield registered
    QgsApplication.processingRegistry().removeProvider(registered)


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_qgis(qgis_app):
    """Let go of the layers that a failed test's traceback holds.

    Deleted after QGIS has ended, they crash the process before pytest's summary.
    """
    yield
    for name in ("last_exc", "last_value", "last_traceback"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    gc.collect()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A new GEOGAN_HOME, with a space and an accent in its path; no worker is set."""
    folder = tmp_path / "geogan hömé"
    monkeypatch.setenv("GEOGAN_HOME", str(folder))
    monkeypatch.delenv("GEOGAN_WORKER", raising=False)
    return folder


@pytest.fixture
def sample(tmp_path) -> Path:
    """A copy of the sample DEM that a test may change."""
    return Path(shutil.copy(SAMPLE, tmp_path / "sample.tif"))


@pytest.fixture
def dem_layer(qgis_app, sample):
    """The sample DEM as a layer; pytest-qgis deletes what fixtures named "layer" return."""
    return QgsRasterLayer(str(sample), "sample dem")


@pytest.fixture
def project(qgis_app):
    """The project, empty before and after."""
    QgsProject.instance().clear()
    yield QgsProject.instance()
    QgsProject.instance().clear()
