# SPDX-License-Identifier: GPL-3.0-or-later
"""From QGIS layers to files that GDAL can open.

Layers may be read only on the main thread. So `gather_layers` takes plain values (and a clone of the data
provider where GDAL can't open the layer) there, and `gdal_paths` makes files of them in the background task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsDataProvider,
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
from ..rasters.reading.copies import copy_metadata, write_without_nodata
from ..rasters.reading.source import open_raster

#: Larger layers are not copied: the copy would take hours and tens of gigabytes without anyone having asked
#: for it.
MAX_EXPORT_PX = 20_000 * 20_000

#: Data types of rendered pictures (WMS, tiles): colours, from which nothing can be learnt about heights.
PICTURES = (Qgis.DataType.ARGB32, Qgis.DataType.ARGB32_Premultiplied)


@dataclass(frozen=True)
class LayerSource:
    """One raster layer, freed from the layer itself. Either `path` or `export` is set."""

    name: str
    path: str | None
    export: Export | None = None
    licence: str = ""  # as the layer's metadata in QGIS say
    without_nodata: tuple[int, ...] = ()  # bands whose own nodata value the user switched off


@dataclass(frozen=True)
class Export:
    """What a copy of a layer is made of, at the layer's own resolution."""

    provider: QgsRasterDataProvider  # a clone, only ours, and good for one copy
    crs: QgsCoordinateReferenceSystem  # the layer's, which the user may have set
    transforms: QgsCoordinateTransformContext
    original: str | None  # the file whose metadata the copy keeps, for a layer of the GDAL provider
    is_plain: bool  # whether GDAL reads the same pixels in that file, without options or a password


def gather_layers(layers: Sequence[QgsRasterLayer], context: QgsProcessingContext) -> list[LayerSource]:
    """Return the layers as plain values. Call on the main thread. Raises GeoGanError that names the layer."""
    return [_gather(layer, context) for layer in layers]


def gdal_paths(
    sources: Sequence[LayerSource], folder: Path, feedback: QgsProcessingFeedback
) -> list[tuple[str, str]]:
    """Return (name, path) of every layer; of what GDAL doesn't read as QGIS does, a copy or VRT in `folder`.

    Call in the background task, once. Raises Cancelled, and GeoGanError that names the layer.
    """
    paths = []
    for number, source in enumerate(sources):
        if feedback.isCanceled():
            raise Cancelled
        path = source.path
        if source.export is not None:
            path = str(folder / f"layer_{number}.tif")
            _write(source, _provider_of(source, folder / f"original_{number}.vrt"), path, feedback)
            if source.export.original:
                copy_metadata(source.export.original, path, source.name)
        elif source.without_nodata:
            path = str(folder / f"layer_{number}.vrt")
            write_without_nodata(source.path, source.without_nodata, path, source.name)
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
    """Return what GDAL opens to read the same pixels in the same place as `layer` does, or None.

    The file's own nodata values count then, whether the layer's properties say so or not.
    """
    if layer.providerType() != "gdal":
        return None
    if layer.crs() != layer.dataProvider().crs():
        return None  # the user gave the layer another CRS than its file says
    provider = layer.dataProvider()
    if any(provider.userNoDataValues(band) for band in range(1, provider.bandCount() + 1)):
        return None  # the user named further values as nodata
    uri = layer.dataProvider().dataSourceUri()
    return _gdal_name(uri) if _is_plain(uri) else None


def _is_plain(uri: str) -> bool:
    """Whether GDAL needs nothing but the name in a source of QGIS's GDAL provider to open it."""
    if "authcfg=" in uri:
        return False  # the password is in QGIS's own store
    return not QgsProviderRegistry.instance().decodeUri("gdal", uri).get("openOptions")


def _gdal_name(uri: str) -> str:
    # Subdatasets, such as NETCDF:"file.nc":t, are GDAL's own names; what follows a bar is QGIS's.
    return uri.partition("|")[0]


def _switched_off(provider: QgsRasterDataProvider) -> tuple[int, ...]:
    """Return the bands whose own nodata value counts as data by the layer's properties."""
    bands = range(1, provider.bandCount() + 1)
    return tuple(
        band
        for band in bands
        if provider.sourceHasNoDataValue(band) and not provider.useSourceNoDataValue(band)
    )


def _gather(layer: QgsRasterLayer, context: QgsProcessingContext) -> LayerSource:
    name = layer.name()
    if not layer.isValid():
        raise GeoGanError("Layer {layer} cannot be opened. Check that its source still exists.", layer=name)
    metadata = layer.metadata()
    licence = "; ".join(metadata.licenses() or metadata.rights())
    provider, path = layer.dataProvider(), gdal_path(layer)
    if path is not None:
        return LayerSource(name, path, licence=licence, without_nodata=_switched_off(provider))
    _check_can_be_copied(name, provider)
    uri, is_gdal = provider.dataSourceUri(), layer.providerType() == "gdal"
    original, is_plain = _gdal_name(uri) if is_gdal else None, is_gdal and _is_plain(uri)
    export = Export(provider.clone(), layer.crs(), context.transformContext(), original, is_plain)
    return LayerSource(name, None, export, licence, _switched_off(provider))


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


def _provider_of(source: LayerSource, vrt: Path) -> QgsRasterDataProvider:
    """Return what a copy is made of: a VRT where the user switched the file's own nodata value off.

    QGIS's writer would take it for nodata all the same. A GeoTIFF has one for all its bands: where only some
    are switched off, it stays that.
    """
    export = source.export
    is_switched_off = len(source.without_nodata) == export.provider.bandCount()
    if not (is_switched_off and export.is_plain):
        return export.provider
    write_without_nodata(export.original, source.without_nodata, str(vrt), source.name)
    options = QgsDataProvider.ProviderOptions()
    provider = QgsProviderRegistry.instance().createProvider("gdal", str(vrt), options)
    for band in range(1, provider.bandCount() + 1):
        provider.setUserNoDataValue(band, export.provider.userNoDataValues(band))
    return provider


def _pipe_of(provider: QgsRasterDataProvider) -> QgsRasterPipe:
    """Return what the writer reads from: the provider, and the values that the user named as nodata.

    The pipe owns the provider from now on. Another clone is no way out: in QGIS 3.22 the clone of a virtual
    layer's clone reads nothing.
    """
    pipe = QgsRasterPipe()
    pipe.set(provider)
    nuller = QgsRasterNuller()
    for band in range(1, provider.bandCount() + 1):
        ranges = provider.userNoDataValues(band)
        if ranges:
            nuller.setNoData(band, ranges)
            # A value that is nodata by the user's own word can't be a height as well.
            nuller.setOutputNoDataValue(band, _nodata_value(provider, band, ranges[0]))
    pipe.insert(1, nuller)
    return pipe


def _nodata_value(provider: QgsRasterDataProvider, band: int, named: QgsRasterRange) -> float:
    if provider.sourceHasNoDataValue(band):
        return provider.sourceNoDataValue(band)
    return named.min() if isfinite(named.min()) else named.max()


def _write(
    source: LayerSource, provider: QgsRasterDataProvider, path: str, feedback: QgsProcessingFeedback
) -> None:
    """Copy a layer, by what provides its pixels, to a GeoTIFF at its own resolution."""
    crs, transforms = source.export.crs, source.export.transforms
    width, height, extent = provider.xSize(), provider.ySize(), provider.extent()
    pipe = _pipe_of(provider)
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
