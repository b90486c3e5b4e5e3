# SPDX-License-Identifier: GPL-3.0-or-later
"""From QGIS layers to files that GDAL can open.

Layers may be read only on the main thread. So `gather_layers` takes plain values (and a clone of the data
provider where GDAL can't open the layer) there, and `gdal_paths` makes files of them in the background task.
QGIS copies no file that GDAL opens: it would resample rotated pixels without a word, and unscale values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isfinite, isnan
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProviderRegistry,
    QgsRasterBlockFeedback,
    QgsRasterDataProvider,
    QgsRasterFileWriter,
    QgsRasterInterface,
    QgsRasterLayer,
    QgsRasterNuller,
    QgsRasterPipe,
    QgsRasterRange,
)
from qgis.PyQt.QtCore import Qt

from ..errors import Cancelled, GeoGanError
from ..rasters.reading.as_shown import Properties, Values, write_as_shown
from ..rasters.reading.copies import copy_metadata
from ..rasters.reading.source import open_raster
from .crs import wkt_of

#: Larger layers are not copied: the copy would take hours and tens of gigabytes without anyone having asked
#: for it.
MAX_EXPORT_PX = 20_000 * 20_000

#: Data types of rendered pictures (WMS, tiles): colours, from which nothing can be learnt about heights.
PICTURES = (Qgis.DataType.ARGB32, Qgis.DataType.ARGB32_Premultiplied)


@dataclass(frozen=True)
class LayerSource:
    """One raster layer, freed from the layer itself. Either `path` or `export` is set."""

    name: str
    path: str | None  # what GDAL opens
    export: Export | None = None
    licence: str = ""  # as the layer's metadata in QGIS say
    properties: Properties = field(default_factory=Properties)

    def with_all_values(self) -> LayerSource:
        """Return the layer without what the user named as nodata: `properties.named` are values then."""
        return replace(self, properties=replace(self.properties, named={}))


@dataclass(frozen=True)
class Export:
    """What a copy of a layer is made of, at the layer's own resolution, where GDAL can't open it."""

    provider: QgsRasterDataProvider  # a clone, only ours, and good for one copy
    crs: QgsCoordinateReferenceSystem  # the layer's, which the user may have set
    transforms: QgsCoordinateTransformContext
    original: str | None  # the file whose metadata the copy keeps, for a layer of the GDAL provider
    named: Mapping[int, list[QgsRasterRange]]  # `Properties.named`, which clones of some providers forget


def gather_layers(layers: Sequence[QgsRasterLayer], context: QgsProcessingContext) -> list[LayerSource]:
    """Return the layers as plain values. Call on the main thread. Raises GeoGanError that names the layer."""
    return [_gather(layer, context) for layer in layers]


def gdal_paths(
    sources: Sequence[LayerSource], folder: Path, feedback: QgsProcessingFeedback
) -> list[tuple[str, str]]:
    """Return (name, path) of every layer; where QGIS shows it otherwise, a copy or VRT in `folder`.

    Call in the background task, once. Raises Cancelled, and GeoGanError that names the layer.
    """
    paths = []
    for number, source in enumerate(sources):
        if feedback.isCanceled():
            raise Cancelled
        path = source.path
        if source.export is not None:
            path = str(folder / f"layer_{number}.tif")
            _write(source, path, feedback)
            if source.export.original:
                copy_metadata(source.export.original, path, source.name)
        elif source.properties != Properties():
            vrt = folder / f"layer_{number}.vrt"
            write_as_shown(path, source.properties, vrt, source.name, lambda _: not feedback.isCanceled())
            path = str(vrt)
        paths.append((source.name, path))
    return paths


def files_of_raster(layer: QgsRasterLayer) -> list[str]:
    """Return the files that a layer is read from, those of a VRT too; none for what is no file."""
    if layer.providerType() != "gdal":
        return []
    path = _gdal_name(layer.dataProvider().dataSourceUri())
    files: list[str] = []
    to_open = [path]
    while to_open:  # a VRT names what it is made of, and that may be VRTs
        try:
            found = open_raster(to_open.pop(), layer.name()).GetFileList() or []
        except GeoGanError:  # it opens only with a password or options that QGIS keeps
            found = [path]
        to_open += [
            file for file in found if file.lower().endswith(".vrt") and file not in files and file != path
        ]
        files += [file for file in found if file not in files]
    return files


def gdal_path(layer: QgsRasterLayer) -> str | None:
    """Return what GDAL opens to read the file of `layer`, or None.

    What the layer's properties say otherwise than the file is not in it.
    """
    uri = layer.dataProvider().dataSourceUri()
    # A password is in QGIS's own store.
    return None if layer.providerType() != "gdal" or "authcfg=" in uri else _gdal_name(uri)


def _gdal_name(uri: str) -> str:
    # Subdatasets, such as NETCDF:"file.nc":t, are GDAL's own names; what follows a bar is QGIS's.
    return uri.partition("|")[0]


def _named_in(provider: QgsRasterDataProvider) -> dict[int, list[QgsRasterRange]]:
    """Return the values of each band that the user named as nodata, where there are any."""
    named = {band: provider.userNoDataValues(band) for band in range(1, provider.bandCount() + 1)}
    return {band: ranges for band, ranges in named.items() if ranges}


def _properties_of(layer: QgsRasterLayer) -> Properties:
    provider = layer.dataProvider()
    options = QgsProviderRegistry.instance().decodeUri("gdal", provider.dataSourceUri()).get("openOptions")
    switched_off = (
        band
        for band in range(1, provider.bandCount() + 1)
        if provider.sourceHasNoDataValue(band) and not provider.useSourceNoDataValue(band)
    )
    return Properties(
        crs_wkt=None if layer.crs() == provider.crs() else wkt_of(layer.crs()),
        open_options=tuple(options or ()),
        without_nodata=tuple(switched_off),
        named={band: tuple(map(_values_of, ranges)) for band, ranges in _named_in(provider).items()},
    )


def _values_of(named: QgsRasterRange) -> Values:
    bounds = QgsRasterRange.BoundsType
    return Values(
        -inf if isnan(named.min()) else named.min(),
        inf if isnan(named.max()) else named.max(),
        named.bounds() in (bounds.IncludeMinAndMax, bounds.IncludeMin),
        named.bounds() in (bounds.IncludeMinAndMax, bounds.IncludeMax),
    )


def _gather(layer: QgsRasterLayer, context: QgsProcessingContext) -> LayerSource:
    name = layer.name()
    if not layer.isValid():
        raise GeoGanError("Layer {layer} cannot be opened. Check that its source still exists.", layer=name)
    metadata = layer.metadata()
    licence = "; ".join(metadata.licenses() or metadata.rights())
    provider, path, export = layer.dataProvider(), gdal_path(layer), None
    if path is None:
        _check_can_be_copied(name, provider)
        original = _gdal_name(provider.dataSourceUri()) if layer.providerType() == "gdal" else None
        named, transforms = _named_in(provider), context.transformContext()
        export = Export(provider.clone(), layer.crs(), transforms, original, named)
    return LayerSource(name, path, export, licence, _properties_of(layer))


def _check_can_be_copied(name: str, provider: QgsRasterDataProvider) -> None:
    if provider.dataType(1) in PICTURES:
        raise GeoGanError(
            "Layer {layer} is a picture made by a map service and holds colours, not values. "
            "Use a layer that holds the values themselves.",
            layer=name,
        )
    width, height = provider.xSize(), provider.ySize()
    if not provider.capabilities() & QgsRasterInterface.Capability.Size or width < 1 or height < 1:
        raise GeoGanError(
            "Layer {layer} has no pixel size of its own. Export the part you need to a GeoTIFF and use that.",
            layer=name,
        )
    if width * height > MAX_EXPORT_PX:
        raise GeoGanError(
            "Layer {layer} has {width} x {height} pixels, too many to copy. "
            "Export the part you need to a GeoTIFF and use that.",
            layer=name, width=width, height=height,
        )  # fmt: skip


def _pipe_of(source: LayerSource) -> QgsRasterPipe:
    """Return what the writer reads from: the provider, and the values that are to be nodata.

    The pipe owns the provider from now on. Another clone is no way out: in QGIS 3.22 the clone of a virtual
    layer's clone reads nothing.
    """
    pipe, provider, nuller = QgsRasterPipe(), source.export.provider, QgsRasterNuller()
    pipe.set(provider)
    for band, ranges in source.export.named.items():
        if band in source.properties.named:
            nuller.setNoData(band, ranges)
            # A value that is nodata by the user's own word can't be a height as well.
            nuller.setOutputNoDataValue(band, _nodata_value(provider, band, ranges[0]))
        provider.setUserNoDataValue(band, [])  # else it leaves them out by itself
    pipe.insert(1, nuller)
    return pipe


def _nodata_value(provider: QgsRasterDataProvider, band: int, named: QgsRasterRange) -> float:
    if provider.sourceHasNoDataValue(band):
        return provider.sourceNoDataValue(band)
    return named.min() if isfinite(named.min()) else named.max()


def _write(source: LayerSource, path: str, feedback: QgsProcessingFeedback) -> None:
    """Copy a layer to a GeoTIFF at its own resolution."""
    provider, crs, transforms = source.export.provider, source.export.crs, source.export.transforms
    width, height, extent = provider.xSize(), provider.ySize(), provider.extent()
    pipe = _pipe_of(source)
    writer = QgsRasterFileWriter(path)
    writer.setOutputFormat("GTiff")
    # Renamed in QGIS 3.44.
    set_options = getattr(writer, "setCreationOptions", None) or writer.setCreateOptions
    set_options(["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"])

    copying = QgsRasterBlockFeedback()
    # At once: the thread of a task has no event loop that would hand a signal on.
    feedback.canceled.connect(copying.cancel, Qt.ConnectionType.DirectConnection)
    error = writer.writeRaster(pipe, width, height, extent, crs, transforms, copying)
    feedback.canceled.disconnect(copying.cancel)
    if feedback.isCanceled():
        raise Cancelled
    if error != QgsRasterFileWriter.WriterError.NoError:
        raise GeoGanError(
            "Layer {layer} could not be copied to a temporary GeoTIFF. Check its connection and the free "
            "space of the temporary folder.",
            layer=source.name,
        )
