"""The drawing's geometry, on shapes small enough to check by hand."""

import math

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from territories import geometry, maps


SQUARE = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
HOLE = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)]


def test_a_path_is_read_back_as_written():
    path = geometry.svg_path([SQUARE, HOLE])
    assert path == "M0,0L10,0L10,10L0,10ZM4,4L6,4L6,6L4,6Z"
    assert geometry.read_path(path) == [SQUARE, HOLE]


def test_a_hole_is_outside():
    assert geometry.contains((2, 2), [SQUARE, HOLE])
    assert not geometry.contains((5, 5), [SQUARE, HOLE])
    assert not geometry.contains((11, 5), [SQUARE, HOLE])


def test_distance_is_negative_outside():
    assert geometry.distance_to_outline((5, 5), [SQUARE]) == 5
    assert geometry.distance_to_outline((13, 14), [SQUARE]) == -5


def test_the_label_of_a_corner_shape_stays_inside():
    corner = [(0, 0), (30, 0), (30, 4), (4, 4), (4, 30), (0, 30)]
    point = geometry.label_point([corner])
    assert geometry.contains(point, [corner])
    x, y = geometry.name_point([corner])
    assert geometry.contains((x, y), [corner])


def test_the_label_of_a_square_is_its_middle():
    x, y = geometry.label_point([SQUARE], precision=0.1)
    assert math.hypot(x - 5, y - 5) < 0.5


@given(floats(2.1457, 2.3370), floats(48.7293, 48.9510))
def test_the_departement_fits_in_the_drawing(longitude: float, latitude: float):
    x, y = geometry.project(longitude, latitude)
    assert 0 <= x <= geometry.WIDTH
    assert 0 <= y <= geometry.HEIGHT


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Antony", ["Antony"]),
        ("Gennevilliers", ["Gennevilliers"]),
        ("Saint-Cloud", ["Saint-", "Cloud"]),
        ("Villeneuve-la-Garenne", ["Villeneuve-", "la-Garenne"]),
        ("Le Plessis-Robinson", ["Le Plessis-", "Robinson"]),
    ],
)
def test_long_names_are_cut_at_a_hyphen(name: str, lines: list[str]):
    assert maps.name_lines(name) == lines
