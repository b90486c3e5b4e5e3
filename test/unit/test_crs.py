# SPDX-License-Identifier: GPL-3.0-or-later
"""CRSs that fit, and sentences for those that do not."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.crs import (
    bounds_in,
    check_metric,
    crs_name,
    fitting_projected_crs,
    local_metric_crs,
    read_crs,
)
from osgeo import osr


@pytest.mark.parametrize(
    ("bounds", "fitting"),
    [
        ((14.0, 50.0, 15.0, 51.0), "EPSG:32633"),
        ((-72.5, -34.0, -70.5, -33.0), "EPSG:32719"),
        ((-180.0, 10.0, -179.0, 11.0), "EPSG:32601"),
        ((179.0, 10.0, 180.0, 11.0), "EPSG:32660"),
        ((179.0, -17.0, -178.0, -16.0), "EPSG:32701"),  # crosses the antimeridian, over Fiji
        ((190.0, 0.0, 191.0, 1.0), "EPSG:32602"),  # longitudes from 0 to 360
        ((10.0, 84.5, 20.0, 89.0), "EPSG:32661"),
        ((10.0, -89.0, 20.0, -80.5), "EPSG:32761"),
        ((-9.0, -9.0, 9.0, 9.0), "EPSG:32631"),
    ],
)
def test_the_fitting_crs_is_the_utm_zone_of_the_centre_or_the_polar_one(bounds, fitting):
    assert fitting_projected_crs(*bounds) == fitting


def test_degrees_are_refused_with_a_crs_that_fits():
    with pytest.raises(GeoGanError) as error:
        check_metric("EPSG:4326", (11.0, 47.0, 12.0, 48.0), 30.0)
    assert str(error.value) == (
        "The CRS EPSG:4326 is in degrees, but the model's pixels are 30 m. "
        "Choose a projected CRS, for example EPSG:32632."
    )


@pytest.mark.parametrize(("crs", "metres"), [("EPSG:32633", 1.0), ("EPSG:2263", 1200 / 3937)])
def test_a_projected_crs_tells_how_long_its_unit_is(crs, metres):
    assert check_metric(crs, (0, 0, 1, 1), 30.0) == pytest.approx(metres, rel=1e-12)
    assert check_metric(read_crs(crs).ExportToWkt(), (0, 0, 1, 1), 30.0) == pytest.approx(metres)


def test_a_crs_around_the_earths_centre_is_refused():
    with pytest.raises(GeoGanError, match="EPSG:4978 is not a projected CRS"):
        check_metric("EPSG:4978", (0, 0, 1, 1), 30.0)


@pytest.mark.parametrize("text", ["", "EPSG:999999", "nonsense", "PROJCS[", "http://localhost:9/crs"])
def test_what_is_no_crs_is_refused(text):
    with pytest.raises(GeoGanError, match="The CRS is missing or not known"):
        read_crs(text)


@pytest.fixture(params=["this GDAL", "GDAL 3.3"])
def any_gdal(request, monkeypatch):
    """GDAL as it is, and without the calls that came later than the oldest that QGIS 3.22 runs with."""
    if request.param == "GDAL 3.3":
        monkeypatch.delattr(osr.SpatialReference, "StripVertical", raising=False)
        monkeypatch.delattr(osr.CoordinateTransformation, "TransformBounds", raising=False)


WITHOUT_CODE = (
    "+proj=utm +zone=33 +ellps=bessel +towgs84=1,2,3,0,0,0,0 +units=m "
    "+geoidgrids=egm96_15.gtx +vunits=m +type=crs"
)


@pytest.mark.usefixtures("any_gdal")
class TestWithoutHeights:
    @pytest.mark.parametrize(
        ("compound", "horizontal"), [("EPSG:7415", "EPSG:28992"), ("EPSG:9528", "EPSG:4167")]
    )
    def test_a_compound_crs_is_its_horizontal_part(self, compound, horizontal):
        read = read_crs(compound)
        assert crs_name(read) == horizontal
        assert read.IsSame(read_crs(horizontal))
        assert list(read.GetDataAxisToSRSAxisMapping()) == list(
            read_crs(horizontal).GetDataAxisToSRSAxisMapping()
        )

    @pytest.mark.parametrize("compound", [WITHOUT_CODE, "EPSG:31469+5783"])
    def test_its_way_to_wgs_84_stays_that_of_the_compound_one(self, compound):
        whole = osr.SpatialReference()
        whole.SetFromUserInput(compound)
        whole.SetTOWGS84(1, 2, 3)
        read = read_crs(whole.ExportToWkt())
        assert not read.IsCompound()
        assert read.IsProjected()
        assert read.GetTOWGS84()[:3] == (1.0, 2.0, 3.0)

    @pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326", "EPSG:4979"])
    def test_any_other_is_as_it_was(self, crs):
        assert crs_name(read_crs(crs)) == crs


def test_coordinates_are_x_before_y():
    assert list(read_crs("EPSG:4326").GetDataAxisToSRSAxisMapping()) == [2, 1]


def test_a_layer_that_is_wider_than_a_utm_zone_gets_a_projection_around_its_centre():
    target = local_metric_crs(read_crs("EPSG:4326"), (-80.0, -40.0, -50.0, 0.0))
    assert target.name == "Lambert azimuthal equal-area at -20, -65"
    assert target.srs.IsProjected()
    assert target.srs.GetLinearUnits() == 1


@pytest.mark.parametrize(
    ("crs", "bounds", "fitting"),
    [
        ("EPSG:4813", (0.0, -6.3, 0.1, -6.2), "EPSG:32748"),  # Jakarta, from its own meridian
        ("EPSG:4818", (32.0, 50.0, 32.2, 50.2), "EPSG:32633"),  # Prague, from Ferro
        ("EPSG:4807", (0.0, 54.0, 0.1, 54.3), "EPSG:32631"),  # Paris, in gons from its own meridian
        ("EPSG:4807", (4.2, 54.0, 4.3, 54.3), "EPSG:32632"),
    ],
)
def test_degrees_may_be_gons_and_begin_at_another_meridian(crs, bounds, fitting):
    assert local_metric_crs(read_crs(crs), bounds).name == fitting


def test_a_layer_of_the_moon_stays_on_the_moon():
    moon = (
        'GEOGCS["Moon",DATUM["Moon",SPHEROID["Moon",1737400,0]],'
        'PRIMEM["0",0],UNIT["degree",0.0174532925199433]]'
    )
    target = local_metric_crs(read_crs(moon), (1.0, 1.0, 2.0, 2.0))
    assert target.srs.GetSemiMajor() == 1_737_400


@pytest.mark.usefixtures("any_gdal")
def test_bounds_in_another_crs_hold_all_of_its_sides():
    degrees, metres = read_crs("EPSG:4326"), read_crs("EPSG:32617")
    xmin, ymin, xmax, ymax = bounds_in(metres, (-84.0, 61.0, -82.0, 62.0), degrees)
    there = osr.CoordinateTransformation(degrees, metres)
    for longitude in np.linspace(-84.0, -82.0, 9):
        for latitude in (61.0, 62.0):
            x, y, _ = there.TransformPoint(longitude, latitude)
            assert xmin <= x <= xmax
            assert ymin <= y <= ymax
