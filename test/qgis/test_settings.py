# SPDX-License-Identifier: GPL-3.0-or-later
"""The one setting: how long a worker waits for the next job."""

from __future__ import annotations

import pytest
from geogan.algorithms.provider import GeoGanProvider
from geogan.algorithms.settings import IDLE_MINUTES, idle_seconds
from qgis.core import QgsApplication, QgsSettings


@pytest.fixture
def config(qgis_app, qgis_processing):
    from processing.core.ProcessingConfig import ProcessingConfig

    provider = GeoGanProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    yield ProcessingConfig
    QgsSettings().remove(ProcessingConfig.settings[IDLE_MINUTES].qname)
    QgsApplication.processingRegistry().removeProvider(provider)
    assert IDLE_MINUTES not in ProcessingConfig.settings


def test_it_stands_among_the_options_of_processing(config):
    setting = config.settings[IDLE_MINUTES]
    assert (setting.group, setting.default, setting.valuetype) == ("GeoGAN", 5.0, setting.FLOAT)
    assert "GeoGAN" in config.settingIcons


@pytest.mark.parametrize(("minutes", "seconds"), [(5.0, 300.0), (0.5, 30.0), (0, 0.0), ("2", 120.0)])
def test_it_is_heeded(config, minutes, seconds):
    config.setSettingValue(IDLE_MINUTES, minutes)
    assert idle_seconds() == seconds


@pytest.mark.parametrize("nonsense", ["soon", None, -1.0])
def test_nonsense_is_the_default(config, nonsense, monkeypatch):
    monkeypatch.setattr(config, "getSetting", lambda _name: nonsense)
    assert idle_seconds() == 300.0
