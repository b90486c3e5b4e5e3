# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be done is refused with one sentence, and leaves no file behind."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.rasters import write
from osgeo import gdal
from qgis.core import QgsProcessingException

HILLS = np.add.outer(np.arange(200.0), 50 * np.sin(np.arange(200.0) / 9))

NOT_BUILT_FOR_TRAINING = {
    "KIND": ("imagery", "Only terrain can be trained in this version: set KIND to terrain."),
    "LAYERS_ARE": (
        "bands",
        (
            "Layers as bands of one area are not built yet: set LAYERS_ARE to areas, which learns from each "
            "layer as another piece of the landscape."
        ),
    ),
}


def sentence_of(failure) -> str:
    """What the user reads, without the line that `processing.run` puts above some."""
    return str(failure.value).removeprefix("Unable to execute algorithm\n")


@pytest.fixture
def refused(tmp_path):
    """Call something that must fail; check that it left no file and return its sentence."""

    def call(run, *arguments, **parameters) -> str:
        before = sorted(tmp_path.iterdir())
        with pytest.raises(QgsProcessingException) as failure:
            run(*arguments, **parameters)
        assert sorted(tmp_path.iterdir()) == before
        return sentence_of(failure)

    return call


class TestTraining:
    @pytest.mark.parametrize("key", NOT_BUILT_FOR_TRAINING)
    def test_what_is_not_built_yet_is_said(self, train, refused, tmp_path, key):
        value, sentence = NOT_BUILT_FOR_TRAINING[key]

        assert refused(train, tmp_path / "m.geogan", **{key: value}) == sentence

    @pytest.mark.parametrize(
        ("name", "values", "sentence"),
        [
            (
                "tiny",
                HILLS[:40, :90],
                (
                    "Layer tiny is too small: 90 x 40 pixels of 90 m, but at least 64 x 64 are needed. "
                    "Choose a larger layer or a smaller pixel size."
                ),
            ),
            (
                "flat",
                np.full((200, 200), 7.5),
                "Layer flat is constant: every pixel is 7.5. Choose a layer with relief.",
            ),
            (
                "void",
                np.full((200, 200), -9999.0),
                "Layer void has no data: every pixel is nodata. Choose another layer.",
            ),
        ],
    )
    def test_a_layer_that_teaches_nothing_is_named(self, train, refused, tmp_path, name, values, sentence):
        layer = write(tmp_path / f"{name}.tif", values, nodata=-9999)

        assert (
            refused(train, tmp_path / "m.geogan", LAYERS=[str(SAMPLE), str(layer)], PIXEL_SIZE=90) == sentence
        )

    def test_a_layer_without_a_crs_is_named(self, train, refused, tmp_path):
        layer = write(tmp_path / "placeless.tif", HILLS, epsg=None)

        assert refused(train, tmp_path / "m.geogan", LAYERS=[str(layer)]) == (
            "Layer placeless has no CRS. Set it in the layer's properties."
        )

    def test_a_crs_in_degrees_is_refused_with_one_that_fits(self, train, refused, tmp_path):
        assert refused(train, tmp_path / "m.geogan", CRS="EPSG:4326") == (
            "The CRS EPSG:4326 is not projected. Choose one that is, for example EPSG:32616 for layer "
            "jacksboro_fault."
        )

    def test_a_model_that_is_its_own_base_is_refused(self, train, refused, tmp_path):
        own = tmp_path / "alps.geogan"
        own.write_bytes(b"any")

        assert refused(train, own, BASE_MODEL=str(own)) == (
            "MODEL and BASE_MODEL are the same file: a training that is interrupted could not go on. "
            "Choose another name for MODEL."
        )

    def test_a_base_model_that_is_none_is_refused(self, train, refused, tmp_path):
        base = tmp_path / "notes.geogan"
        base.write_text("not a model")

        assert refused(train, tmp_path / "m.geogan", BASE_MODEL=str(base)) == (
            "notes.geogan is not a GeoGAN model, or it is damaged. Choose another file."
        )

    def test_a_model_that_no_file_dialog_would_find_again_is_refused(self, train, refused, tmp_path):
        assert refused(train, tmp_path / "alps") == (
            "Give MODEL a name that ends in .geogan: models are known by it."
        )

    def test_a_crs_that_is_not_known_is_not_passed_over(self, train, refused, tmp_path):
        assert refused(train, tmp_path / "m.geogan", CRS="EPSG:99999") == (
            "The CRS EPSG:99999 is not known. Choose another one."
        )

    def test_a_vector_among_the_rasters_is_named(self, train, refused, tmp_path):
        shapes = tmp_path / "peaks.geojson"
        shapes.write_text(
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": '
            '{"type": "Point", "coordinates": [1, 2]}}]}'
        )

        assert refused(train, tmp_path / "m.geogan", LAYERS=[str(SAMPLE), str(shapes)]) == (
            "Layer peaks is not a raster. Choose rasters only."
        )

    def test_a_report_that_is_a_folder_is_said_before_the_training(self, train, refused, tmp_path):
        assert "is a folder, or no ordinary file" in refused(
            train, tmp_path / "m.geogan", REPORT=str(tmp_path)
        )

    def test_a_folder_that_is_not_there_is_said_before_the_training(self, train, refused, tmp_path):
        assert "cannot be written" in refused(train, tmp_path / "missing" / "m.geogan")


class TestGenerating:
    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"CRS": "EPSG:99999"}, "The CRS EPSG:99999 is not known. Choose another one."),
            ({"CRS": "EPSG:5773"}, "The CRS EPSG:5773 is not known. Choose another one."),
            (
                {"EXTENT": "10,11,45,46 [EPSG:99999]"},
                "The CRS EPSG:99999 is not known. Choose another one.",
            ),
            (
                {"EXTENT": "-1,1,89.9,90 [EPSG:4326]", "CRS": "EPSG:3857"},
                "The extent has no place in the CRS EPSG:3857. Choose one that fits it.",
            ),
            (
                {"EXTENT": "179.9,-179.9,-17.1,-17 [EPSG:4326]", "CRS": "EPSG:32701"},
                (
                    "The extent begins east of where it ends, at 179.9 and -179.9. Across the meridian of "
                    "180 degrees, count on beyond it: 179.9 and 180.1."
                ),
            ),
            ({"RELIEF": "nan"}, "RELIEF is not a number. Give one, or leave it empty."),
        ],
    )
    def test_what_qgis_would_take_for_something_else_is_refused(self, generate, refused, asked, sentence):
        assert refused(generate, (0, 0, 900, 900), **asked) == sentence

    def test_an_extent_may_be_a_file_of_any_name(self, provider, trained, tmp_path):
        import processing

        layer = write(tmp_path / "e-e.1e,e+d.tif", HILLS[:70, :70])
        asked = {"MODEL": str(trained.model), "EXTENT": str(layer), "CRS": "EPSG:32616"}
        outputs = processing.run("geogan:generate", {**asked, "OUTPUT": str(tmp_path / "out.tif")})

        assert Path(outputs["OUTPUT"]).is_file()

    @pytest.mark.parametrize("key", ["RELIEF", "BASE_ELEVATION"])
    def test_heights_that_no_planet_has_are_refused(self, generate, refused, key):
        assert key in refused(generate, (0, 0, 900, 900), **{key: 1e38})

    @pytest.mark.parametrize(
        ("output", "said"),
        [
            ("pipe.tif", "is a folder, or no ordinary file"),
            ("terrain.png", "would be a GeoTIFF whatever its name: let it end in .tif."),
            (f"{'n' * 245}.tif", "File name too long"),
        ],
    )
    def test_an_output_that_is_no_place_for_a_geotiff_is_refused(
        self, generate, refused, tmp_path, output, said
    ):
        if output == "pipe.tif":
            os.mkfifo(tmp_path / output)
        assert said in refused(generate, (0, 0, 900, 900), OUTPUT=str(tmp_path / output))

    def test_guiding_layers_for_a_model_without_any_are_refused(self, generate, refused):
        assert refused(generate, (0, 0, 900, 900), GUIDES=[str(SAMPLE)]) == (
            "The model was trained without guiding layers: leave GUIDES empty."
        )

    @pytest.mark.parametrize("pixel_size", [None, 30])
    def test_an_output_that_cannot_be_written_is_refused_before_any_work(
        self, generate, refused, tmp_path, monkeypatch, pixel_size
    ):
        monkeypatch.setattr("geogan.algorithms.generate.ready_worker", None)

        assert refused(generate, (0, 0, 900, 900), "nowhere/terrain", PIXEL_SIZE=pixel_size) == (
            f"The folder {tmp_path / 'nowhere'} does not exist. Choose another place for the output."
        )

    def test_a_single_terrain_has_no_spread(self, generate, refused):
        assert refused(generate, (0, 0, 900, 900), SPREAD=True) == (
            "A single terrain has no spread: set REALISATIONS to 2 or more, or SPREAD to false."
        )

    def test_in_a_copy_without_the_bundled_model_it_says_where_to_get_one(
        self, generate, refused, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("geogan.algorithms.bundled_model.BUNDLED_MODEL", tmp_path / "terrain.geogan")

        assert refused(generate, (0, 0, 900, 900), MODEL=None) == (
            "This copy of GeoGAN comes without its bundled model: choose a MODEL that Train GeoGAN made."
        )

    def test_a_landscape_that_the_model_does_not_know_is_named_with_those_that_it_does(
        self, generate, refused, monkeypatch
    ):
        monkeypatch.setattr("geogan.algorithms.generate.ready_worker", None)  # said before any work

        assert refused(generate, (0, 0, 900, 900), LANDSCAPE="alps") == (
            "The model knows no landscape alps. It knows: terrain."
        )

    def test_a_file_that_is_no_model_is_named(self, generate, refused, tmp_path):
        file = tmp_path / "notes.geogan"
        file.write_text("not a model")

        assert refused(generate, (0, 0, 900, 900), MODEL=str(file)) == (
            "notes.geogan is not a GeoGAN model, or it is damaged. Choose another file."
        )

    def test_a_crs_in_degrees_is_refused_with_one_that_fits(self, generate, refused):
        parameters = {"EXTENT": "-84.4,-84.3,36.0,36.1 [EPSG:4326]", "CRS": "EPSG:4326"}

        assert refused(generate, (0, 0, 900, 900), **parameters) == (
            "The CRS EPSG:4326 is in degrees, but the model's pixels are 90 m. "
            "Choose a projected CRS, for example EPSG:32616."
        )

    def test_a_creation_option_without_a_value_is_named(self, generate, refused):
        assert refused(generate, (0, 0, 900, 900), OPTIONS="COMPRESS") == (
            "The creation option COMPRESS is not of the form NAME=VALUE, such as COMPRESS=LZW."
        )


class TestOutputsThatAreRead:
    """What is written never takes the place of a layer that it was made from."""

    PLACE = "740000,742000,4060000,4062000 [EPSG:32616]"

    @pytest.mark.parametrize(
        ("algorithm", "key", "others"),
        [
            ("fillvoids", "INPUT", {}),
            ("fillvoids", "MASK", {"INPUT": str(SAMPLE)}),
            ("enhance", "INPUT", {}),
            ("generate", "GUIDE", {"EXTENT": PLACE, "CRS": "EPSG:32616"}),
        ],
    )
    @pytest.mark.parametrize("kind", ["itself", "linked", "of a VRT"])
    def test_a_layer_is_not_written_over(self, provider, refused, tmp_path, algorithm, key, others, kind):
        import processing

        survey = write(tmp_path / "survey.tif", HILLS)
        Path(f"{survey}.msk").write_bytes(b"kept")
        layer = output = survey
        if kind == "linked":
            output = tmp_path / "other name.tif"
            output.symlink_to(survey)
        elif kind == "of a VRT":
            layer = tmp_path / "survey.vrt"
            gdal.Translate(str(layer), str(survey))
        before = survey.read_bytes()

        asked = {**others, key: str(layer), "OUTPUT": str(output)}
        sentence = refused(processing.run, f"geogan:{algorithm}", asked)

        assert sentence.endswith("which would be lost. Choose another name.")
        assert str(output) in sentence
        assert survey.read_bytes() == before
