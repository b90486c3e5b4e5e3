# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of "Generate synthetic terrain": labels, defaults and limits, in the order of the dialog."""

from __future__ import annotations

from collections.abc import Iterator

from qgis.core import (
    Qgis,
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from .parameters import advanced, choice, described, real_number, seed, whole_number
from .text import tr
from .worker_job import DEVICES

MODEL, EXTENT, CRS, SEED, GUIDE, GUIDES = "MODEL", "EXTENT", "CRS", "SEED", "GUIDE", "GUIDES"
LANDSCAPE, PIXEL_SIZE, REALISATIONS, SPREAD = "LANDSCAPE", "PIXEL_SIZE", "REALISATIONS", "SPREAD"
RELIEF, BASE_ELEVATION, OPTIONS, RESUME = "RELIEF", "BASE_ELEVATION", "OPTIONS", "RESUME"

MOST_RELIEF, HIGHEST_BASE = 1000.0, 100_000.0  # beyond any planet's, and far from what float32 can hold
DEVICE, OUTPUT, VARIETY = "DEVICE", "OUTPUT", "VARIETY"

#: From here on QGIS has its own widget for creation options; before, Processing's GDAL provider lends its.
NATIVE_OPTIONS_WIDGET = 34000


def main_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield the everyday parameters."""
    yield described(
        QgsProcessingParameterFile(MODEL, tr("Model"), extension="geogan", optional=True),
        tr("A file made by Train GeoGAN. Empty: the model that comes with GeoGAN, of 90 m pixels."),
    )
    yield from place_parameters()
    yield described(
        seed(SEED, tr("Seed")),
        tr("The same seed and place give the same terrain, however the extent is cut."),
    )
    yield described(
        QgsProcessingParameterRasterLayer(GUIDE, tr("Guide"), optional=True),
        tr("A coarse elevation layer that the land follows, in any CRS. Empty: the land is free."),
    )
    yield described(
        QgsProcessingParameterMultipleLayers(
            GUIDES, tr("Guiding layers"), QgsProcessing.SourceType.TypeRaster, optional=True
        ),
        tr(
            "For a model that was trained with guiding layers: as many, of the same names or in the same "
            "order, in any CRS."
        ),
    )
    yield described(
        QgsProcessingParameterString(LANDSCAPE, tr("Landscape"), optional=True),
        tr(
            "One that the model knows, by its name. Empty: its first; with a guide, the best at following it."
        ),
    )


def place_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield where the land is to lie."""
    yield described(
        QgsProcessingParameterExtent(EXTENT, tr("Extent")),
        tr("In any CRS. It is widened to whole pixels of the model's lattice."),
    )
    yield described(
        QgsProcessingParameterCrs(CRS, tr("CRS of the terrain"), "ProjectCrs"),
        tr("A projected CRS: the model's pixels are metres, not degrees."),
    )


def advanced_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield the parameters that few users change."""
    yield described(
        real_number(PIXEL_SIZE, tr("Pixel size (map units)"), decimals=6, least=1e-6),
        tr("By default the model's. Another size is resampled from it, finer ones smoothly."),
    )
    yield described(
        whole_number(REALISATIONS, tr("Realisations"), 1, least=1),
        tr("How many terrains, each a band of the result: those of the seeds from the one above on."),
    )
    yield described(
        # Optional: models of the Model Designer that were made before it must stay valid.
        QgsProcessingParameterBoolean(SPREAD, tr("Add mean and standard deviation"), False, optional=True),
        tr(
            "Of several realisations, pixel by pixel, as two further bands. Along a guide set VARIETY to 1, "
            "or they differ less than the model has learnt."
        ),
    )
    yield described(
        real_number(RELIEF, tr("Relief factor"), 1.0, decimals=3, least=-MOST_RELIEF, most=MOST_RELIEF),
        tr("2 makes all height differences twice as large, around the landscape's mean height."),
    )
    yield described(
        real_number(
            BASE_ELEVATION,
            tr("Base elevation (metres)"),
            decimals=2,
            least=-HIGHEST_BASE,
            most=HIGHEST_BASE,
        ),
        tr("Moves the landscape's mean height here. Empty: that of the layers it was learnt from."),
    )
    yield variety_parameter()
    options = QgsProcessingParameterString(OPTIONS, tr("Creation options"), optional=True)
    options.setMetadata({"widget_wrapper": _options_widget()})
    yield described(
        options,
        tr("Of the GeoTIFF, for example COMPRESS=LZW|BIGTIFF=YES. LAYOUT=COG makes it cloud optimized."),
    )
    yield described(
        QgsProcessingParameterBoolean(RESUME, tr("Go on where an interrupted run stopped"), True),
        tr(
            "Cancelled or broken off after 16 million pixels or more, a run leaves OUTPUT.partial, and the "
            "same run goes on from there. Not with a temporary output or another pixel size."
        ),
    )
    device = choice(DEVICE, tr("Device"), DEVICES, "auto")
    yield described(
        device, tr("Auto takes a GPU where there is one. CPU and GPU agree only within a tolerance.")
    )


def following_parameters(seed_help: str) -> Iterator[QgsProcessingParameterDefinition]:
    """Yield what algorithms share whose land follows a layer; `seed_help` says what another seed gives."""
    yield described(
        QgsProcessingParameterFile(MODEL, tr("Model"), extension="geogan", optional=True),
        tr("A file made by Train GeoGAN. Empty: the model that comes with GeoGAN."),
    )
    yield described(seed(SEED, tr("Seed")), seed_help)
    landscape = QgsProcessingParameterString(LANDSCAPE, tr("Landscape"), optional=True)
    yield described(advanced(landscape), tr("One that the model knows. Empty: the log says which is taken."))
    yield advanced(variety_parameter())
    device = choice(DEVICE, tr("Device"), DEVICES, "auto")
    yield described(advanced(device), tr("Auto takes a GPU where there is one."))


def variety_parameter() -> QgsProcessingParameterDefinition:
    """Return how much of the land beyond its large forms is left to chance."""
    return described(
        real_number(VARIETY, tr("Variety"), decimals=2, least=0.0, most=1.0),
        tr(
            "How much chance there is in valleys and details: 0 gives the likeliest alone, which are smooth, "
            "1 all that the model has learnt. Empty: what was most like real land at the end of its training."
        ),
    )


def all_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield all parameters of the algorithm."""
    yield from main_parameters()
    yield from (advanced(parameter) for parameter in advanced_parameters())
    yield described(
        QgsProcessingParameterRasterDestination(OUTPUT, tr("Synthetic terrain")),
        tr("A GeoTIFF with overviews; its tags say that it is synthetic."),
    )


def _options_widget() -> dict[str, str]:
    if Qgis.QGIS_VERSION_INT >= NATIVE_OPTIONS_WIDGET:
        return {"widget_type": "rasteroptions"}
    return {"class": "processing.algs.gdal.ui.RasterOptionsWidget.RasterOptionsWidgetWrapper"}
