# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of "Train GeoGAN": their labels, defaults and limits, in the order of the dialog."""

from __future__ import annotations

from collections.abc import Iterator

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
)

from .parameters import LARGEST_SEED, advanced, choice, described, real_number, whole_number
from .text import tr
from .worker_job import DEVICES

LAYERS, LAYERS_ARE, GUIDES, KIND = "LAYERS", "LAYERS_ARE", "GUIDES", "KIND"
BASE_MODEL, MINUTES, PRESET, RESUME = "BASE_MODEL", "MINUTES", "PRESET", "RESUME"
PIXEL_SIZE, CRS, SEED, EPOCHS = "PIXEL_SIZE", "CRS", "SEED", "EPOCHS"
BATCH_SIZE, PATCH_SIZE, LEARNING_RATE, GAMMA = "BATCH_SIZE", "PATCH_SIZE", "LEARNING_RATE", "GAMMA"
LOSS, HOLD_OUT, DEVICE, MODEL, REPORT = "LOSS", "HOLD_OUT", "DEVICE", "MODEL", "REPORT"


def main_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield the everyday parameters, in the order of the dialog."""
    yield described(
        QgsProcessingParameterMultipleLayers(
            LAYERS, tr("Layers to learn from"), QgsProcessing.SourceType.TypeRaster
        ),
        tr(
            "Elevation rasters. They may differ in CRS, pixel size, data type and nodata. Those whose files "
            "name different landscapes (metadata item LANDSCAPE) are told apart."
        ),
    )
    yield described(
        choice(LAYERS_ARE, tr("Layers are"), ("areas", "bands"), "areas"),
        tr("Areas: each layer is another piece of the landscape. Bands are not built yet."),
    )
    yield described(
        QgsProcessingParameterMultipleLayers(
            GUIDES, tr("Guiding layers"), QgsProcessing.SourceType.TypeRaster, optional=True
        ),
        tr(
            "Rasters of numbers that go with the land, such as rainfall or the age of rocks, in any CRS. The "
            "model learns what they say, and land is then generated along such layers. Empty: none."
        ),
    )
    yield described(
        choice(
            KIND, tr("Kind of data"), ("terrain", "imagery", "landcover", "buildings", "climate"), "terrain"
        ),
        tr("What the layers show. Only terrain is built yet."),
    )
    yield described(
        QgsProcessingParameterFile(BASE_MODEL, tr("Base model"), extension="geogan", optional=True),
        tr(
            "A trained model to start from: far quicker than from nothing where the landscapes are alike. "
            "terrain.geogan, without a folder, is the model that comes with GeoGAN."
        ),
    )
    yield described(
        real_number(MINUTES, tr("Training time (minutes)"), 30.0, decimals=2, least=0.05),
        tr("How long to train. A cancelled training keeps what it has learnt."),
    )
    yield described(
        choice(PRESET, tr("Size of the networks"), ("fast", "standard", "large"), "standard"),
        tr("Fast for a first look, large for a GPU or a night."),
    )
    yield described(
        QgsProcessingParameterBoolean(RESUME, tr("Go on where an interrupted training stopped"), True),
        tr("Only where the layers and the settings are the same; else the training starts anew."),
    )


def advanced_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield the parameters that few users change."""
    yield described(
        real_number(PIXEL_SIZE, tr("Pixel size (metres)"), decimals=3, least=0.001),
        tr("Of the model. By default the coarsest pixel size of the layers."),
    )
    yield described(
        QgsProcessingParameterCrs(CRS, tr("CRS to train in"), optional=True),
        tr("A projected CRS for all layers. By default each layer's own, or its UTM zone."),
    )
    yield described(
        whole_number(SEED, tr("Seed"), 0, least=0, most=LARGEST_SEED),
        tr("Another seed trains another model from the same layers."),
    )
    yield described(
        real_number(EPOCHS, tr("Epochs"), decimals=3, least=0.001),
        tr("Passes over the layers after which the training ends, if the time is not up before."),
    )
    yield described(
        whole_number(BATCH_SIZE, tr("Batch size (patches)"), 8, least=1, most=1024),
        tr("Patches a step, on each GPU where there are several. Smaller takes less memory."),
    )
    size = whole_number(PATCH_SIZE, tr("Patch size (pixels)"), 64, least=32, most=512)
    yield described(size, tr("Side of a training patch: a multiple of 32."))
    yield described(
        real_number(LEARNING_RATE, tr("Learning rate"), decimals=7, least=1e-7, most=1.0),
        tr("By default 0.001, or 0.0003 from a base model. Smaller if the training runs away."),
    )
    yield described(
        real_number(GAMMA, tr("Gamma"), decimals=3, least=0.0),
        tr("Weight of the gradient penalties. By default found on the way: less data needs more."),
    )
    yield described(
        choice(LOSS, tr("Loss"), ("relativistic", "standard"), "relativistic"),
        tr("Standard is the classic pair of sigmoid cross-entropy losses, for comparison."),
    )
    yield described(
        real_number(HOLD_OUT, tr("Hold out (percent)"), 15.0, decimals=1, least=0.0, most=50.0),
        tr("Part of each layer that the training does not see, to score the model with."),
    )
    yield described(
        choice(DEVICE, tr("Device"), DEVICES, "auto"),
        tr("Auto takes the GPUs that TensorFlow sees, if any. CUDA_VISIBLE_DEVICES limits them."),
    )


def destinations() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield where the results go."""
    yield described(
        QgsProcessingParameterFileDestination(MODEL, tr("Trained model"), tr("GeoGAN model (*.geogan)")),
        tr("The file that Generate synthetic terrain takes. A temporary one is gone when QGIS closes."),
    )
    yield described(
        QgsProcessingParameterFileDestination(
            REPORT, tr("Report"), tr("HTML file (*.html)"), optional=True, createByDefault=False
        ),
        tr("What was trained on what, how the losses went, and how the terrain looks."),
    )


def all_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield all parameters of the algorithm."""
    yield from main_parameters()
    yield from (advanced(parameter) for parameter in advanced_parameters())
    yield from destinations()
