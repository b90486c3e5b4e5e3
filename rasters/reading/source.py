# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source layer is: opened by path, described, refused with a sentence that names it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from osgeo import gdal, osr

from ...errors import GeoGanError
from ..crs import bounds_in, local_metric_crs, read_crs, unit_deg, wkt_of
from ..gdal_guard import gdal_checked
from ..units import metres_of, name_of

CANNOT_OPEN = "Layer {layer} cannot be opened: {reason}"
CANNOT_READ = "Layer {layer} cannot be read: {reason}"

# The metadata item in which a file says of which landscape it is a part: `gdal_edit.py -mo LANDSCAPE=alps`.
LANDSCAPE = "LANDSCAPE"

#: For gdal.Warp, as the overview level: by itself it reads overviews, which may be thinned out, or blend
#: voids that nobody declared. (And GDAL 3.6 finds nothing at all in those of a VRT that masks its source.)
FULL_RESOLUTION = "NONE"

_POLE_DEG = 90.0 + 1e-6  # by rounding


@dataclass(frozen=True)
class Source:
    """A layer that can be aligned.

    Attributes:
        name: of the layer, for messages.
        path: that GDAL opens.
        crs_wkt: horizontal CRS.
        whole_crs_wkt: the same with its vertical part, where it has one.
        is_geographic: whether that CRS is in degrees.
        width, height: in pixels.
        geotransform: GDAL's six numbers; may be rotated or south-up.
        native_size_m: the longer side of a pixel in metres; for a layer in degrees, GDAL's suggestion
            for square pixels in the UTM zone of its centre.
        bands: how many the file has beside alpha bands.
        data_type: of band 1, by GDAL's name.
        nodata: raw nodata value of band 1, if declared.
        scale, offset: value = raw * scale + offset.
        unit: of the values, as the file names it, or its CRS that of heights, or "".
        metadata: what the file says of itself, by key.
    """

    name: str
    path: str
    crs_wkt: str
    whole_crs_wkt: str
    is_geographic: bool
    width: int
    height: int
    geotransform: tuple[float, ...]
    native_size_m: float
    bands: int
    data_type: str
    nodata: float | None
    scale: float
    offset: float
    unit: str
    metadata: Mapping[str, str]

    @property
    def landscape(self) -> str:
        """Of which landscape the file says that it is a part, or ""."""
        return self.metadata.get(LANDSCAPE, "").strip()

    @property
    def unit_m(self) -> float:
        """How many metres the unit of the values is: 1, unless the file names one that is known here."""
        return metres_of(self.unit)

    @property
    def to_metres(self) -> tuple[float, float]:
        """Scale and offset that make metres of raw values."""
        return self.scale * self.unit_m, self.offset * self.unit_m

    @property
    def pixel_sides(self) -> tuple[float, float]:
        """Lengths of a pixel's sides along a row and along a column, in units of the CRS."""
        _, a, b, _, d, e = self.geotransform
        return math.hypot(a, d), math.hypot(b, e)

    @property
    def is_upright(self) -> bool:
        """Whether rows run from west to east and columns from north to south or south to north."""
        _, a, b, _, d, e = self.geotransform
        return b == 0 and d == 0 and a > 0 and e != 0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return xmin, ymin, xmax, ymax of the four corners, in units of the CRS."""
        x0, a, b, y0, d, e = self.geotransform
        corners = [(i * self.width, j * self.height) for i in (0, 1) for j in (0, 1)]
        xs = [x0 + a * i + b * j for i, j in corners]
        ys = [y0 + d * i + e * j for i, j in corners]
        return min(xs), min(ys), max(xs), max(ys)


def describe_source(path: str, name: str, band: int = 1) -> Source:
    """Describe one band of a raster; another one than the first by a VRT, as a source of its own.

    Raises:
        GeoGanError: it cannot be opened, has no bands, no CRS or no georeferencing, is in a CRS that is
            neither projected nor geographic, or holds complex numbers. The sentence names the layer.
    """
    dataset = open_raster(path, name)
    bands = _count_value_bands(dataset)
    if band != 1:
        path = _band_alone(dataset, band, name)
        dataset = open_raster(path, name)
    values = dataset.GetRasterBand(1)
    geotransform = dataset.GetGeoTransform(can_return_null=True)
    if geotransform is None or geotransform[1] * geotransform[5] == geotransform[2] * geotransform[4]:
        raise GeoGanError("Layer {layer} is not georeferenced. Georeference it first.", layer=name)
    if values.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE") == "SIGNEDBYTE":
        raise GeoGanError(
            "Layer {layer} holds signed 8-bit numbers, which this GDAL reads as unsigned ones. Make a copy "
            "of it as Int16 first.",
            layer=name,
        )
    if values.GetScale() == 0:
        raise GeoGanError(
            "Layer {layer} has a scale of 0, so that all its values are the same. Mend that first.",
            layer=name,
        )
    if gdal.DataTypeIsComplex(values.DataType):
        raise GeoGanError("Layer {layer} holds complex numbers. Extract one real part first.", layer=name)
    srs = _horizontal_crs(dataset, name)
    source = Source(
        name=name,
        path=str(path),
        crs_wkt=wkt_of(srs),
        whole_crs_wkt=wkt_of(dataset.GetSpatialRef()),
        is_geographic=bool(srs.IsGeographic()),
        width=dataset.RasterXSize,
        height=dataset.RasterYSize,
        geotransform=tuple(geotransform),
        native_size_m=math.nan,
        bands=bands,
        data_type=gdal.GetDataTypeName(values.DataType),
        nodata=values.GetNoDataValue(),
        scale=_or_default(values.GetScale(), 1.0),
        offset=_or_default(values.GetOffset(), 0.0),
        unit=_unit_of(dataset),
        metadata={_text(key): _text(value) for key, value in dataset.GetMetadata().items()},
    )
    if source.is_geographic:
        _check_latitudes(source, unit_deg(srs))
    return _with_native_size(source, dataset, srs)


def _unit_of(dataset: gdal.Dataset) -> str:
    """Return the unit of band 1; GeoTIFFs take it from the CRS by themselves, other formats do not."""
    named, srs = dataset.GetRasterBand(1).GetUnitType(), dataset.GetSpatialRef()
    if named or not srs.IsCompound():
        return named or ""
    return name_of(srs.GetTargetLinearUnits("VERT_CS"))


def _text(said: str | bytes) -> str:
    """Return metadata as text: GDAL hands out bytes where they are not UTF-8."""
    return said if isinstance(said, str) else said.decode("latin-1")


def _check_latitudes(source: Source, unit_deg: float) -> None:
    """Refuse grids whose outermost pixels have their centres on the poles: PROJ does."""
    south, north = (source.bounds[side] * unit_deg for side in (1, 3))
    if max(-south, north) > _POLE_DEG:
        raise GeoGanError(
            "Layer {layer} reaches beyond a pole, from {south} to {north} degrees. Clip it to latitudes from "
            "-90 to 90 first.",
            layer=source.name,
            south=f"{south:g}",
            north=f"{north:g}",
        )


def _band_alone(dataset: gdal.Dataset, band: int, name: str) -> str:
    """Return a VRT (as text) of one band."""
    if not 1 <= band <= dataset.RasterCount:
        raise GeoGanError(
            "Layer {layer} has no band {band}: it has {count}.",
            layer=name,
            band=band,
            count=dataset.RasterCount,
        )
    # GDAL keeps a mask of all bands by itself, but no alpha band.
    is_under_alpha = dataset.GetRasterBand(band).GetMaskFlags() & gdal.GMF_ALPHA
    shown = {"maskBand": f"mask,{band}"} if is_under_alpha else {}
    with gdal_checked(CANNOT_READ, layer=name):
        return gdal.Translate("", dataset, format="VRT", bandList=[band], **shown).GetMetadata("xml:VRT")[0]


def open_raster(path: str, name: str, options: Sequence[str] = ()) -> gdal.Dataset:
    """Open a raster (path or VRT text) for reading, its first band known to exist.

    Hold on to the dataset while you use a band of it: a band of a closed dataset crashes the process.

    Raises:
        GeoGanError: it cannot be opened or has no bands.
    """
    with gdal_checked(CANNOT_OPEN, layer=name):
        how = gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR
        dataset = gdal.OpenEx(str(path), how, open_options=list(options))
    if dataset.RasterCount == 0:
        raise GeoGanError("Layer {layer} has no bands. Choose one of the rasters inside it.", layer=name)
    return dataset


def geographic_bounds(source: Source) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax of the source in degrees of longitude and latitude."""
    if source.is_geographic:
        return source.bounds
    srs = read_crs(source.crs_wkt)
    degrees = srs.CloneGeogCS()
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    with gdal_checked(CANNOT_READ, layer=source.name):
        return bounds_in(degrees, source.bounds, srs)


def _horizontal_crs(dataset: gdal.Dataset, name: str) -> osr.SpatialReference:
    named = dataset.GetSpatialRef()
    if named is None:
        raise GeoGanError("Layer {layer} has no CRS. Set it in the layer's properties.", layer=name)
    srs = read_crs(wkt_of(named))
    if not (srs.IsGeographic() or srs.IsProjected()):
        raise GeoGanError(
            "Layer {layer} has the CRS {crs}, which is neither projected nor in degrees. Warp it first.",
            layer=name,
            crs=srs.GetName(),
        )
    return srs


def _with_native_size(source: Source, dataset: gdal.Dataset, srs: osr.SpatialReference) -> Source:
    if source.is_geographic:
        size_m = suggested_size_m(dataset, srs, local_metric_crs(srs, source.bounds).srs, source.name)
    else:
        # Without the last digits, which are rounding: 200.00000000000097 m is 200 m.
        size_m = rounded(max(source.pixel_sides) * srs.GetLinearUnits(), digits=8)
    return replace(source, native_size_m=size_m)


def suggested_size_m(
    dataset: gdal.Dataset, srs: osr.SpatialReference, target: osr.SpatialReference, name: str
) -> float:
    """Return the side in metres of the square pixels that GDAL suggests for a raster in another CRS."""
    with gdal_checked("Layer {layer} cannot be brought to another CRS: {reason}", layer=name):
        warped = gdal.AutoCreateWarpedVRT(dataset, wkt_of(srs), wkt_of(target))
        return warped.GetGeoTransform()[1] * target.GetLinearUnits()


def rounded(value: float, digits: int) -> float:
    """Round a positive number to significant digits.

    >>> rounded(30.8732, 3)
    30.9
    """
    return float(f"{value:.{digits}g}")


def _count_value_bands(dataset: gdal.Dataset) -> int:
    bands = (dataset.GetRasterBand(number) for number in range(1, dataset.RasterCount + 1))
    return sum(band.GetColorInterpretation() != gdal.GCI_AlphaBand for band in bands)


def _or_default(value: float | None, default: float) -> float:
    return default if value is None else value
