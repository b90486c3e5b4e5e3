# SPDX-License-Identifier: GPL-3.0-or-later
"""One mask for everything that a source knows or hides about its voids, as a GDAL VRT."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from ..reporting import Log, silent
from .cleaning import SENTINELS, find_sentinels
from .sampling import sample_raw_values
from .source import Source

_WRITTEN_OUT = 1e12  # numbers below are told with all their digits


def masked_vrt(source: Source, sentinels: Sequence[float] = SENTINELS, log: Log = silent) -> str:
    """Return a VRT (as text) of band 1: float32, heights in metres, NaN where there is no data.

    Nodata, mask bands and alpha are GDAL's to know. Numbers that mean "no data" without being declared
    are looked for here, among `sentinels`, before warping could blend them with their neighbours. A VRT can
    leave out one number only, so each further one takes another VRT around the last. What is found is
    logged.
    """
    found = undeclared_nodata(source, sentinels, log)
    vrt = source.path
    for sentinel in found[:-1]:
        # As float64, which holds every raw value of every type exactly.
        vrt = _vrt_around(source, vrt, "Float64", _left_out(sentinel))
    parts = "".join(_left_out(sentinel) for sentinel in found[-1:])
    scale, offset = source.to_metres
    if (scale, offset) != (1.0, 0.0):
        parts += f"<ScaleOffset>{offset!r}</ScaleOffset><ScaleRatio>{scale!r}</ScaleRatio>"
    return _vrt_around(source, vrt, "Float32", parts)


def undeclared_nodata(
    source: Source, sentinels: Sequence[float] = SENTINELS, log: Log = silent
) -> list[float]:
    """Return the numbers among `sentinels` that mean "no data" in a layer, and log them if there are any."""
    found = find_sentinels(sample_raw_values(source), sentinels)
    tell_undeclared(source, found, log)
    return found


def tell_undeclared(source: Source, found: Iterable[float], log: Log) -> None:
    """Log which numbers count as "no data" in a layer without being declared, if there are any."""
    values = ", ".join(f"{each:.0f}" if abs(each) < _WRITTEN_OUT else f"{each:g}" for each in found)
    if values:
        log(
            "Layer {layer} has pixels of {values}, far from all its other values: they count as pixels "
            "without data.",
            layer=source.name,
            values=values,
        )


def _left_out(value: float) -> str:
    return f"<NODATA>{value!r}</NODATA>"


def _vrt_around(source: Source, inner: str, data_type: str, parts: str) -> str:
    """Return a VRT of band 1 of `inner` (a path or VRT text), whose masked pixels are left NaN."""
    return (
        f'<VRTDataset rasterXSize="{source.width}" rasterYSize="{source.height}">'
        f"<SRS>{html.escape(source.crs_wkt)}</SRS>"
        f"<GeoTransform>{', '.join(map(repr, source.geotransform))}</GeoTransform>"
        f'<VRTRasterBand dataType="{data_type}" band="1"><NoDataValue>nan</NoDataValue>'
        f'<ComplexSource><SourceFilename relativeToVRT="0">{html.escape(inner)}</SourceFilename>'
        f"<SourceBand>1</SourceBand><UseMaskBand>true</UseMaskBand>{parts}"
        "</ComplexSource></VRTRasterBand></VRTDataset>"
    )
