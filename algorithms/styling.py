# SPDX-License-Identifier: GPL-3.0-or-later
"""How generated terrain looks when it is loaded: elevation colours under a hillshade.

A raster layer has one renderer, so shaded relief takes two layers of one file: the terrain itself in
elevation colours, which is what the user queries and edits, and above it a hillshade that is multiplied onto
it. Between the two lies, of an ensemble with its spread, how uncertain the heights are; it is switched off
at first.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import (
    Qgis,
    QgsColorRampShader,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsHillshadeRenderer,
    QgsLayerTreeLayer,
    QgsProcessingContext,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsSingleBandPseudoColorRenderer,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor, QPainter

from ..errors import GeoGanError
from ..rasters.reading.source import open_raster
from ..rasters.units import metres_of
from .text import tr, without_markup

#: Hypsometric tints from the lowest to the highest point: (share of the height range, colour). Light, since
#: the hillshade darkens them.
ELEVATION_COLOURS = (
    (0.0, "#8fb48a"),
    (0.2, "#c3d19b"),
    (0.45, "#ede3b4"),
    (0.65, "#d8b98a"),
    (0.85, "#bfa596"),
    (1.0, "#fbfafa"),
)

#: From where realisations agree to where they differ most.
DEVIATION_COLOURS = ((0.0, "#fcfbfd"), (0.5, "#9e9ac8"), (1.0, "#54278f"))

AZIMUTH_DEG = 315.0
ALTITUDE_DEG = 45.0

#: The height range is read from a sample of this many pixels a side, which GDAL takes from the overviews.
SAMPLE_PX = 64

# Processing keeps only a bare pointer to a post-processor, and drops the algorithm that made it before the
# layer is loaded. Without this list the style would silently get lost. A few bytes for each loaded layer.
_kept_alive: list[QgsProcessingLayerPostProcessorInterface] = []


def style_on_load(
    context: QgsProcessingContext, layer_id: str, note: str, mean_band: int | None = None
) -> None:
    """Have the output `layer_id` (its path) styled when Processing loads it, if it will.

    Args:
        note: says in the layer's metadata where the terrain is from.
        mean_band: of an ensemble; the standard deviation is the band after it. None where there is none.
    """
    if not context.willLoadLayerOnCompletion(layer_id):
        return
    styler = ShadedReliefStyler(note, mean_band)
    _kept_alive.append(styler)
    context.layerToLoadOnCompletionDetails(layer_id).setPostProcessor(styler)


class ShadedReliefStyler(QgsProcessingLayerPostProcessorInterface):
    """Colours a loaded terrain layer, marks it as synthetic, and puts a hillshade above it.

    Of an ensemble it shows the mean; the standard deviation lies above it, switched off.
    """

    def __init__(self, note: str, mean_band: int | None = None) -> None:
        super().__init__()
        self._note, self._mean_band = note, mean_band

    def postProcessLayer(self, layer, context, feedback):
        if not isinstance(layer, QgsRasterLayer) or not layer.isValid():
            return
        project = context.project() or QgsProject.instance()
        describe_as_synthetic(layer, self._note)
        colour_by_elevation(layer, self._mean_band or 1)
        add_above(hillshade_of(layer, self._mean_band or 1), layer, project)
        if self._mean_band:  # between the two, and switched off: it covers the mean
            node = add_above(deviation_of(layer, self._mean_band + 1), layer, project)
            node.setItemVisibilityChecked(False)


def colour_by_elevation(layer: QgsRasterLayer, band: int = 1) -> None:
    """Give the layer elevation colours between the lowest and the highest height it shows."""
    colour(layer, band, ELEVATION_COLOURS)
    # Profile tool and 3D view then take the layer as ground, from QGIS 3.26 on.
    elevation = layer.elevationProperties()
    if hasattr(elevation, "setEnabled"):
        elevation.setEnabled(True)
    if hasattr(elevation, "setBandNumber"):
        elevation.setBandNumber(band)
    layer.triggerRepaint()


def colour(layer: QgsRasterLayer, band: int, colours: Sequence[tuple[float, str]]) -> None:
    """Give a band colours between its lowest and its highest value."""
    lowest, highest = value_range(layer, band)
    (_, first), *between, (_, last) = colours
    stops = [QgsGradientStop(share, QColor(each)) for share, each in between]
    ramp = QgsGradientColorRamp(QColor(first), QColor(last), False, stops)

    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), band)
    renderer.setClassificationMin(lowest)
    renderer.setClassificationMax(highest)
    renderer.createShader(
        ramp, QgsColorRampShader.Type.Interpolated, QgsColorRampShader.ClassificationMode.Continuous
    )
    layer.setRenderer(renderer)


def deviation_of(layer: QgsRasterLayer, band: int) -> QgsRasterLayer:
    """Return a second layer of the same file that shows the standard deviation in a band of it."""
    name = tr("{name} (standard deviation)").format(name=layer.name())
    deviation = QgsRasterLayer(layer.source(), name, layer.providerType())
    colour(deviation, band, DEVIATION_COLOURS)
    return deviation


def hillshade_of(layer: QgsRasterLayer, band: int = 1) -> QgsRasterLayer:
    """Return a second layer of the same file that shades what lies below it."""
    name = tr("{name} (hillshade)").format(name=layer.name())
    shade = QgsRasterLayer(layer.source(), name, layer.providerType())
    renderer = QgsHillshadeRenderer(shade.dataProvider(), band, AZIMUTH_DEG, ALTITUDE_DEG)
    renderer.setZFactor(heights_to_map_units(layer))
    shade.setRenderer(renderer)
    shade.setBlendMode(QPainter.CompositionMode.CompositionMode_Multiply)
    # Interpolate heights, not shades: between pixels, and in a map of another CRS, the shade of repeated
    # heights shows a grid.
    shade.setResamplingStage(Qgis.RasterResamplingStage.Provider)
    provider = shade.dataProvider()
    provider.enableProviderResampling(True)
    provider.setZoomedInResamplingMethod(QgsRasterDataProvider.ResamplingMethod.Cubic)
    provider.setZoomedOutResamplingMethod(QgsRasterDataProvider.ResamplingMethod.Bilinear)
    return shade


def add_above(other: QgsRasterLayer, terrain: QgsRasterLayer, project: QgsProject) -> QgsLayerTreeLayer:
    """Add another layer to the project, right above `terrain` in the layer tree; return its node."""
    node = project.layerTreeRoot().findLayer(terrain.id())
    if node is None:
        project.addMapLayer(other)
        return project.layerTreeRoot().findLayer(other.id())
    project.addMapLayer(other, False)
    group = node.parent()
    added = group.insertLayer(group.children().index(node), other)
    added.setExpanded(False)
    return added


def describe_as_synthetic(layer: QgsRasterLayer, note: str) -> None:
    """Say in the layer's metadata that its heights are made up."""
    metadata = layer.metadata()
    metadata.setTitle(layer.name())
    metadata.setAbstract(without_markup(note))
    metadata.setType("dataset")
    metadata.setCategories([tr("Synthetic terrain")])
    layer.setMetadata(metadata)


def value_range(layer: QgsRasterLayer, band: int = 1) -> tuple[float, float]:
    """Return the lowest and the highest value of a coarse sample of a band; (0, 1) if it has none."""
    block = layer.dataProvider().block(band, layer.extent(), SAMPLE_PX, SAMPLE_PX)
    values = [block.value(i) for i in range(SAMPLE_PX * SAMPLE_PX) if not block.isNoData(i)]
    if not values:
        return 0.0, 1.0
    lowest, highest = min(values), max(values)
    return (lowest, highest) if highest > lowest else (lowest, lowest + 1.0)


def heights_to_map_units(layer: QgsRasterLayer) -> float:
    """Return the factor that turns heights in the file's unit into the units of the layer's coordinates."""
    try:
        file = open_raster(layer.source(), layer.name())
        unit_m = metres_of(file.GetRasterBand(1).GetUnitType() or "")
    except GeoGanError:  # not by GDAL: in metres, as all that is made here
        unit_m = 1.0
    metres = QgsUnitTypes.DistanceUnit.DistanceMeters
    return unit_m * QgsUnitTypes.fromUnitToUnitFactor(metres, layer.crs().mapUnits())
