# SPDX-License-Identifier: GPL-3.0-or-later
"""What the provider offers to callers: ids, keys, types, defaults and outputs. Once released, they stay."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from geogan.algorithms.algorithm import RESOURCES, help_text
from qgis import core
from qgis.core import QgsProcessingAlgorithm, QgsProcessingParameterDefinition

NUMBER, ENUM, FILE, RASTERS = "number", "enum", "file", "multilayer"

# algorithm -> parameters in the order of the dialog: key -> (type, default, optional)
PARAMETERS = {
    "train": {
        "LAYERS": (RASTERS, None, False),
        "LAYERS_ARE": (ENUM, "areas", False),
        "GUIDES": (RASTERS, None, True),
        "KIND": (ENUM, "terrain", False),
        "BASE_MODEL": (FILE, None, True),
        "MINUTES": (NUMBER, 30, False),
        "PRESET": (ENUM, "standard", False),
        "RESUME": ("boolean", True, False),
        "PIXEL_SIZE": (NUMBER, None, True),
        "CRS": ("crs", None, True),
        "SEED": (NUMBER, 0, False),
        "EPOCHS": (NUMBER, None, True),
        "BATCH_SIZE": (NUMBER, ..., False),
        "PATCH_SIZE": (NUMBER, ..., False),
        "LEARNING_RATE": (NUMBER, None, True),
        "GAMMA": (NUMBER, None, True),
        "LOSS": (ENUM, "relativistic", False),
        "HOLD_OUT": (NUMBER, 15, False),
        "DEVICE": (ENUM, "auto", False),
        "MODEL": ("fileDestination", None, False),
        "REPORT": ("fileDestination", None, True),
    },
    "generate": {
        "MODEL": (FILE, None, True),
        "EXTENT": ("extent", None, False),
        "CRS": ("crs", "ProjectCrs", False),
        "SEED": (NUMBER, 0, False),
        "GUIDE": ("raster", None, True),
        "GUIDES": (RASTERS, None, True),
        "LANDSCAPE": ("string", None, True),
        "PIXEL_SIZE": (NUMBER, None, True),
        "REALISATIONS": (NUMBER, 1, False),
        "SPREAD": ("boolean", False, True),
        "RELIEF": (NUMBER, 1, False),
        "BASE_ELEVATION": (NUMBER, None, True),
        "VARIETY": (NUMBER, None, True),
        "OPTIONS": ("string", None, True),
        "RESUME": ("boolean", True, False),
        "DEVICE": (ENUM, "auto", False),
        "OUTPUT": ("rasterDestination", None, False),
    },
    "enhance": {
        "INPUT": ("raster", None, False),
        "MODEL": (FILE, None, True),
        "SEED": (NUMBER, 0, False),
        "LANDSCAPE": ("string", None, True),
        "VARIETY": (NUMBER, None, True),
        "DEVICE": (ENUM, "auto", False),
        "OUTPUT": ("rasterDestination", None, False),
    },
    "fillvoids": {
        "INPUT": ("raster", None, False),
        "BAND": ("band", 1, True),
        "MASK": ("layer", None, True),
        "MODEL": (FILE, None, True),
        "SEED": (NUMBER, 0, False),
        "LANDSCAPE": ("string", None, True),
        "VARIETY": (NUMBER, None, True),
        "DEVICE": (ENUM, "auto", False),
        "OUTPUT": ("rasterDestination", None, False),
    },
    "sketch": {
        "POINTS": ("source", None, True),
        "POINTS_ELEVATION": ("field", None, True),
        "POINTS_KIND": ("field", None, True),
        "LINES": ("source", None, True),
        "LINES_ELEVATION": ("field", None, True),
        "LINES_END_ELEVATION": ("field", None, True),
        "LINES_KIND": ("field", None, True),
        "EXTENT": ("extent", None, False),
        "CRS": ("crs", "ProjectCrs", False),
        "BASE_ELEVATION": (NUMBER, None, True),
        "MODEL": (FILE, None, True),
        "SEED": (NUMBER, 0, False),
        "LANDSCAPE": ("string", None, True),
        "VARIETY": (NUMBER, None, True),
        "DEVICE": (ENUM, "auto", False),
        "RELIEF": (NUMBER, None, True),
        "OUTPUT": ("rasterDestination", None, False),
    },
    "evaluate": {
        "SYNTHETIC": ("raster", None, False),
        "REAL": ("raster", None, False),
        "TRAINING": (RASTERS, None, True),
        "REPORT": ("fileDestination", None, True),
    },
    "modelinfo": {"MODEL": (FILE, None, True), "REPORT": ("fileDestination", None, True)},
    "setup": {
        "PYTHON": (FILE, None, True),
        "COMMAND": ("string", None, True),
        "WHEELS": (FILE, None, True),
        "GPU": ("boolean", False, False),
    },
    "checksetup": {"REPORT": ("fileDestination", None, True)},
}

OPTIONS = {
    ("train", "LAYERS_ARE"): ["areas", "bands"],
    ("train", "KIND"): ["terrain", "imagery", "landcover", "buildings", "climate"],
    ("train", "PRESET"): ["fast", "standard", "large"],
    ("train", "LOSS"): ["relativistic", "standard"],
    ("train", "DEVICE"): ["auto", "cpu", "gpu"],
    ("generate", "DEVICE"): ["auto", "cpu", "gpu"],
    ("enhance", "DEVICE"): ["auto", "cpu", "gpu"],
    ("fillvoids", "DEVICE"): ["auto", "cpu", "gpu"],
    ("sketch", "DEVICE"): ["auto", "cpu", "gpu"],
}

ADVANCED = {
    "train": {
        *("PIXEL_SIZE", "CRS", "SEED", "EPOCHS", "BATCH_SIZE", "PATCH_SIZE", "LEARNING_RATE", "GAMMA"),
        *("LOSS", "HOLD_OUT", "DEVICE"),
    },
    "generate": {
        *("PIXEL_SIZE", "REALISATIONS", "SPREAD", "RELIEF", "BASE_ELEVATION", "VARIETY"),
        *("OPTIONS", "RESUME", "DEVICE"),
    },
    "enhance": {"LANDSCAPE", "VARIETY", "DEVICE"},
    "fillvoids": {"LANDSCAPE", "VARIETY", "DEVICE"},
    "sketch": {"LANDSCAPE", "VARIETY", "DEVICE", "RELIEF"},
}

OUTPUTS = {
    "train": {
        "MODEL": "outputFile",
        "REPORT": "outputHtml",
        "REALISM": "outputNumber",
        "STEPS": "outputNumber",
        "PATCHES_PER_SECOND": "outputNumber",
        "SECONDS": "outputNumber",
        "DEVICE": "outputString",
    },
    "generate": {
        "OUTPUT": "outputRaster",
        "SEED": "outputNumber",
        "MEGAPIXELS_PER_SECOND": "outputNumber",
        "SECONDS": "outputNumber",
        "DEVICE": "outputString",
    },
    "enhance": {"OUTPUT": "outputRaster", "FACTOR": "outputNumber"},
    "fillvoids": {"OUTPUT": "outputRaster", "FILLED_PIXELS": "outputNumber"},
    "sketch": {
        "OUTPUT": "outputRaster",
        **dict.fromkeys(("LARGEST_MISS", "BASE_ELEVATION", "RELIEF"), "outputNumber"),
    },
    "evaluate": {
        "REPORT": "outputHtml",
        **dict.fromkeys(("REALISM", "TEXTURE", "LAND", "NOVELTY"), "outputNumber"),
        **dict.fromkeys(("SLOPE", "CURVATURE_1", "CURVATURE_2", "CURVATURE_4"), "outputNumber"),
        **dict.fromkeys(("RELIEF_16", "RELIEF_64", "SPECTRUM", "PATCHES"), "outputNumber"),
        **dict.fromkeys(("GEOMORPHONS", "PITS", "FILL"), "outputNumber"),
        **dict.fromkeys(("STRAIGHTNESS", "DRAINAGE_EXPONENT", "HACK_EXPONENT"), "outputNumber"),
    },
    "modelinfo": {
        "REPORT": "outputHtml",
        "KIND": "outputString",
        "PIXEL_SIZE": "outputNumber",
        "UNIT": "outputString",
        "LOWEST": "outputNumber",
        "HIGHEST": "outputNumber",
        "LANDSCAPES": "outputString",
        "STAGES": "outputNumber",
        "STEPS": "outputNumber",
        "SHA256": "outputString",
    },
    "setup": {"PYTHON": "outputString", "TENSORFLOW": "outputString", "DEVICE": "outputString"},
    "checksetup": {
        "REPORT": "outputHtml",
        "READY": "outputBoolean",
        "DEVICE": "outputString",
        "WHY_NO_GPU": "outputString",
    },
}

NAMES = {
    "train": "Train GeoGAN",
    "generate": "Generate synthetic terrain",
    "enhance": "Increase resolution",
    "fillvoids": "Fill voids",
    "sketch": "Terrain from a sketch",
    "evaluate": "Compare synthetic with real",
    "modelinfo": "Describe a GeoGAN model",
    "setup": "Set up GeoGAN",
    "checksetup": "Check the GeoGAN set-up",
}

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


class TestHelp:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch) -> Path:
        (tmp_path / "help").mkdir()
        for name in ("train", "train_de", "train_pt_BR"):
            (tmp_path / "help" / f"{name}.html").write_text(name)
        monkeypatch.setattr("geogan.algorithms.algorithm.RESOURCES", tmp_path)
        return tmp_path

    @pytest.mark.parametrize(
        ("locale", "file"),
        [("de", "train_de"), ("de_AT", "train_de"), ("pt_BR", "train_pt_BR"), ("pt", "train"), ("", "train")],
    )
    def test_help_comes_in_the_users_language_else_in_english(self, folder, locale, file):
        assert help_text("train", locale) == file

    def test_help_that_nobody_wrote_is_empty(self, folder):
        assert help_text("other", "en") == ""


def test_tensorflow_does_not_enter_qgis(provider):
    for algorithm in provider.algorithms():
        algorithm.create().shortHelpString()

    assert not {"tensorflow", "keras"} & set(sys.modules)
