# SPDX-License-Identifier: GPL-3.0-or-later
"""How generated terrain looks when it is loaded: elevation colours under a hillshade.

A raster layer has one renderer, so shaded relief takes two layers of one file: the terrain itself in
elevation colours, which is what the user queries and edits, and above it a hillshade that is multiplied onto
it.
"""

from __future__ import annotations

from qgis.core import (
    Qgis,
    QgsColorRampShader,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsHillshadeRenderer,
    QgsProcessingContext,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsSingleBandPseudoColorRenderer,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor, QPainter

from .text import tr

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

AZIMUTH_DEG = 315.0
ALTITUDE_DEG = 45.0

#: The height range is read from a sample of this many pixels a side, which GDAL takes from the overviews.
SAMPLE_PX = 64

# Processing keeps only a bare pointer to a post-processor, and drops the algorithm that made it before the
# layer is loaded. Without this list the style would silently get lost. A few bytes for each loaded layer.
_kept_alive: list[QgsProcessingLayerPostProcessorInterface] = []


def style_on_load(context: QgsProcessingContext, layer_id: str, note: str) -> None:
    """Have the output `layer_id` (its path) styled when Processing loads it, if it will.

    `note` says in the layer's metadata where the terrain is from.
    """
    if not context.willLoadLayerOnCompletion(layer_id):
        return
    styler = ShadedReliefStyler(note)
    _kept_alive.append(styler)
    context.layerToLoadOnCompletionDetails(layer_id).setPostProcessor(styler)


class ShadedReliefStyler(QgsProcessingLayerPostProcessorInterface):
    """Colours a loaded terrain layer, marks it as synthetic, and puts a hillshade above it."""

    def __init__(self, note: str) -> None:
        super().__init__()
        self._note = note

    def postProcessLayer(self, layer, context, feedback):
        if not isinstance(layer, QgsRasterLayer) or not layer.isValid():
            return
        describe_as_synthetic(layer, self._note)
        colour_by_elevation(layer)
        add_above(hillshade_of(layer), layer, context.project() or QgsProject.instance())


def colour_by_elevation(layer: QgsRasterLayer) -> None:
    """Give the layer elevation colours between the lowest and the highest height it shows."""
    lowest, highest = height_range(layer)
    (_, first), *between, (_, last) = ELEVATION_COLOURS
    stops = [QgsGradientStop(share, QColor(colour)) for share, colour in between]
    ramp = QgsGradientColorRamp(QColor(first), QColor(last), False, stops)

    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1)
    renderer.setClassificationMin(lowest)
    renderer.setClassificationMax(highest)
    renderer.createShader(
        ramp, QgsColorRampShader.Type.Interpolated, QgsColorRampShader.ClassificationMode.Continuous
    )
    layer.setRenderer(renderer)
    # Profile tool and 3D view then take the layer as ground, from QGIS 3.26 on.
    elevation = layer.elevationProperties()
    if hasattr(elevation, "setEnabled"):
        elevation.setEnabled(True)
    layer.triggerRepaint()


def hillshade_of(layer: QgsRasterLayer) -> QgsRasterLayer:
    """Return a second layer of the same file that shades what lies below it."""
    name = tr("{name} (hillshade)").format(name=layer.name())
    shade = QgsRasterLayer(layer.source(), name, layer.providerType())
    renderer = QgsHillshadeRenderer(shade.dataProvider(), 1, AZIMUTH_DEG, ALTITUDE_DEG)
    renderer.setZFactor(metres_to_map_units(layer))
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


def add_above(shade: QgsRasterLayer, terrain: QgsRasterLayer, project: QgsProject) -> None:
    """Add `shade` to the project, right above `terrain` in the layer tree."""
    node = project.layerTreeRoot().findLayer(terrain.id())
    if node is None:
        project.addMapLayer(shade)
        return
    project.addMapLayer(shade, False)
    group = node.parent()
    shade_node = group.insertLayer(group.children().index(node), shade)
    shade_node.setExpanded(False)


def describe_as_synthetic(layer: QgsRasterLayer, note: str) -> None:
    """Say in the layer's metadata that its heights are made up."""
    metadata = layer.metadata()
    metadata.setTitle(layer.name())
    metadata.setAbstract(note)
    metadata.setType("dataset")
    metadata.setCategories([tr("Synthetic terrain")])
    layer.setMetadata(metadata)


def height_range(layer: QgsRasterLayer) -> tuple[float, float]:
    """Return the lowest and the highest height of a coarse sample; (0, 1) if it has none."""
    block = layer.dataProvider().block(1, layer.extent(), SAMPLE_PX, SAMPLE_PX)
    heights = [block.value(i) for i in range(SAMPLE_PX * SAMPLE_PX) if not block.isNoData(i)]
    if not heights:
        return 0.0, 1.0
    lowest, highest = min(heights), max(heights)
    return (lowest, highest) if highest > lowest else (lowest, lowest + 1.0)


def metres_to_map_units(layer: QgsRasterLayer) -> float:
    """Return the factor that turns heights in metres into the units of the layer's coordinates."""
    return QgsUnitTypes.fromUnitToUnitFactor(QgsUnitTypes.DistanceUnit.DistanceMeters, layer.crs().mapUnits())
