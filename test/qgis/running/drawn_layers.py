# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that are drawn for the tests of sketches: rivers and a peak on the pixels of one place."""

from __future__ import annotations

from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

SIZE = 90.0
SIDE_PX = 160
WEST, NORTH = 500_040.0, 4_000_050.0
EXTENT = f"{WEST},{WEST + SIDE_PX * SIZE},{NORTH - SIDE_PX * SIZE},{NORTH} [EPSG:32633]"


def at(row: float, col: float) -> str:
    """Return the middle of a pixel as WKT has it."""
    return f"{WEST + (col + 0.5) * SIZE} {NORTH - (row + 0.5) * SIZE}"


def layer(kind: str, *features: tuple, name: str = "drawn", crs: str = "EPSG:32633") -> QgsVectorLayer:
    """Return a layer of features (WKT or geometry, elevation, end elevation, kind)."""
    fields = "field=elevation:double&field=ending:double&field=kind:string(20)"
    made = QgsVectorLayer(f"{kind}?crs={crs}&{fields}", name, "memory")
    for wkt, *values in features:
        feature = QgsFeature(made.fields())
        feature.setGeometry(wkt if isinstance(wkt, QgsGeometry) else QgsGeometry.fromWkt(wkt))
        feature.setAttributes(values)
        assert made.dataProvider().addFeature(feature)
    return made


RIVERS = (
    (f"LINESTRING({at(-5, 20)}, {at(60, 70)}, {at(110, 80)}, {at(170, 140)})", 500.0, 100.0, "river"),
    (f"LINESTRING({at(20, 130)}, {at(110, 80)})", 600.0, 256.0, "River"),
)
PEAK = (f"POINT({at(40, 120)})", 1200.0, None, "peak")
