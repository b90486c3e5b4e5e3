# SPDX-License-Identifier: GPL-3.0-or-later
"""What the provider offers to callers: ids, keys, types, defaults and outputs. Once released, they stay."""

from __future__ import annotations

import sys

import pytest
from geogan.algorithms.algorithm import RESOURCES
from geogan.test.qgis.interface import ADVANCED, NAMES, NUMBER, OPTIONS, OUTPUTS, PARAMETERS
from qgis import core
from qgis.core import QgsProcessingAlgorithm, QgsProcessingParameterDefinition

each_algorithm = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def algorithm(provider, name) -> QgsProcessingAlgorithm:
    return provider.algorithm(name)


def test_the_provider_is_called_geogan(provider):
    assert provider.id() == "geogan"
    assert provider.name() == "GeoGAN"
    assert not provider.icon().isNull()


def test_it_offers_these_algorithms(provider):
    assert {each.id(): each.displayName() for each in provider.algorithms()} == {
        f"geogan:{name}": title for name, title in NAMES.items()
    }


def test_rasters_are_written_as_geotiff(provider):
    assert provider.supportedOutputRasterLayerExtensions() == ["tif", "tiff"]
    pairs = provider.supportedOutputRasterLayerFormatAndExtensions()
    if not hasattr(core, "QgsProcessingFormatExtensionPair"):
        assert pairs == [("GTiff", "tif"), ("GTiff", "tiff")]


def test_while_nothing_is_set_up_the_toolbox_says_what_to_do(provider, home):
    assert provider.warningMessage() == (
        'GeoGAN is not set up yet, or only in part. Run "Set up GeoGAN" from the Processing Toolbox.'
    )


def test_with_a_worker_there_is_no_warning(provider, home, monkeypatch):
    monkeypatch.setenv("GEOGAN_WORKER", sys.executable)

    assert provider.warningMessage() == ""


@each_algorithm
def test_keys_types_and_defaults_are_those_of_the_interface(algorithm, name):
    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    found = {
        parameter.name(): (parameter.type(), parameter.defaultValue(), bool(parameter.flags() & optional))
        for parameter in algorithm.parameterDefinitions()
    }
    expected = {
        key: (kind, found[key][1] if default is ... and key in found else default, is_optional)
        for key, (kind, default, is_optional) in PARAMETERS[name].items()
    }

    assert found == expected
    assert list(found) == list(expected), "in the order of the dialog"


@pytest.mark.parametrize(("name", "key"), OPTIONS)
def test_choices_are_words_that_no_translation_changes(algorithm, name, key):
    parameter = algorithm.parameterDefinition(key)

    assert parameter.usesStaticStrings()
    assert parameter.options() == OPTIONS[name, key]


@each_algorithm
def test_what_is_not_for_every_day_is_advanced(algorithm, name):
    advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
    found = {each.name() for each in algorithm.parameterDefinitions() if each.flags() & advanced}

    assert found == ADVANCED.get(name, set())


@each_algorithm
def test_every_parameter_has_a_label_and_a_tooltip(algorithm):
    for parameter in algorithm.parameterDefinitions():
        assert parameter.description(), parameter.name()
        assert parameter.help(), parameter.name()
        assert parameter.help() != parameter.description(), parameter.name()


@each_algorithm
def test_seeds_that_qgis_would_read_as_0_are_refused(algorithm):
    seed = algorithm.parameterDefinition("SEED")
    if seed:
        assert seed.checkValueIsAcceptable(2**31 - 1)
        assert not seed.checkValueIsAcceptable(2**31)


@each_algorithm
def test_the_dialog_shows_numbers_with_the_decimals_that_they_need(algorithm):
    """QGIS would show six decimals of every number."""
    for parameter in algorithm.parameterDefinitions():
        if parameter.type() == NUMBER and parameter.dataType() == type(parameter).Type.Double:
            decimals = parameter.metadata()["widget_wrapper"]["decimals"]
            for value in (parameter.defaultValue(), parameter.minimum()):
                assert value is None or round(value, decimals) == value, parameter.name()


@each_algorithm
def test_outputs_are_declared_as_in_the_interface(algorithm, name):
    assert {each.name(): each.type() for each in algorithm.outputDefinitions()} == OUTPUTS[name]


@each_algorithm
def test_it_runs_in_the_background_can_be_cancelled_and_batched(algorithm):
    flags = algorithm.flags()

    assert flags & QgsProcessingAlgorithm.Flag.FlagCanCancel
    assert flags & QgsProcessingAlgorithm.Flag.FlagSupportsBatch
    assert not flags & QgsProcessingAlgorithm.Flag.FlagNoThreading


@each_algorithm
def test_it_has_help_an_icon_and_a_short_description(algorithm, name):
    assert algorithm.shortHelpString() == (RESOURCES / "help" / f"{name}.html").read_text(encoding="utf-8")
    assert algorithm.shortDescription()
    assert not algorithm.icon().isNull()
    assert "" not in algorithm.tags()


@each_algorithm
def test_a_new_instance_is_one_of_the_same_kind(algorithm):
    assert type(algorithm.create()) is type(algorithm)


def test_tensorflow_does_not_enter_qgis(provider):
    for algorithm in provider.algorithms():
        algorithm.create().shortHelpString()

    assert not {"tensorflow", "keras"} & set(sys.modules)
