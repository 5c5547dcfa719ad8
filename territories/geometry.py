"""From degrees to the flat drawing of the département: SVG paths and where to write a name.

The drawing is an equirectangular projection around 48.84° N, 600 units wide and 1056 high: one
unit is about 24 m, and a tenth of it (the precision kept) about 2.4 m.
"""

import heapq
import math
import re
from collections.abc import Iterable, Sequence


WIDTH, HEIGHT = 600, 1056
_WEST, _NORTH = 2.143, 48.9535
_SCALE = 4651.0  # units per degree of latitude
_SHRINK = math.cos(math.radians(48.84))
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Point = tuple[float, float]
Ring = Sequence[Point]
Box = tuple[float, float, float, float]


def project(longitude: float, latitude: float) -> Point:
    """Return the place of a point on the drawing, one decimal, y downwards."""
    x = (longitude - _WEST) * _SHRINK * _SCALE
    y = (_NORTH - latitude) * _SCALE
    return round(x, 1), round(y, 1)


def projected_rings(geometry: dict) -> list[Ring]:
    """Return the rings of a GeoJSON ``Polygon`` or ``MultiPolygon``, without repeated points."""
    kinds = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}
    rings = []
    for polygon in kinds[geometry["type"]]:
        for ring in polygon:
            points = [project(longitude, latitude) for longitude, latitude, *_ in ring]
            rings.append([p for i, p in enumerate(points[:-1]) if i == 0 or p != points[i - 1]])
    return rings


def svg_path(rings: Iterable[Ring]) -> str:
    """Write rings as one path of absolute coordinates (holes show with ``evenodd``)."""
    return "".join("M" + "L".join(f"{x:g},{y:g}" for x, y in ring) + "Z" for ring in rings)


def read_path(path: str) -> list[Ring]:
    """Read back what :func:`svg_path` wrote."""
    rings = []
    for part in filter(None, path.split("Z")):
        numbers = [float(text) for text in _NUMBER.findall(part)]
        rings.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return rings


def bounds(paths: Iterable[str]) -> Box:
    """Return the box (left, top, right, bottom) of several paths."""
    points = [point for path in paths for ring in read_path(path) for point in ring]
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def label_point(rings: Sequence[Ring], precision: float = 1.0) -> Point:
    """Return the inner point farthest from the outline: the best place for a name.

    Squares are cut in four, most promising first, until none can be better by more than
    ``precision`` units (the « pole of inaccessibility »).

    Args:
        rings: Outline, holes and further parts.
        precision: Accepted distance to the best point, in units of the drawing.
    """
    left, top, right, bottom = bounds([svg_path(rings)])
    half = min(right - left, bottom - top) / 2
    queue: list[tuple[float, float, float, float]] = []

    def add(x: float, y: float, size: float) -> float:
        inside_by = distance_to_outline((x, y), rings)
        heapq.heappush(queue, (-(inside_by + size * math.sqrt(2)), x, y, size))
        return inside_by

    best, place = -math.inf, ((left + right) / 2, (top + bottom) / 2)
    x = left
    while x < right:
        y = top
        while y < bottom:
            add(x + half, y + half, half)
            y += 2 * half
        x += 2 * half
    while queue:
        bound, x, y, size = heapq.heappop(queue)
        if -bound - best <= precision:
            break
        inside_by = distance_to_outline((x, y), rings)
        if inside_by > best:
            best, place = inside_by, (x, y)
        quarter = size / 2
        for across in (-quarter, quarter):
            for down in (-quarter, quarter):
                add(x + across, y + down, quarter)
    return round(place[0], 1), round(place[1], 1)


def name_point(rings: Sequence[Ring]) -> Point:
    """Return where a name reads best: as :func:`label_point`, but room across counts double."""
    narrowed = [[(x / 2, y) for x, y in ring] for ring in rings]
    x, y = label_point(narrowed)
    return round(x * 2, 1), y


def free_point(rings: Sequence[Ring], taken: Sequence[Point], step: float = 8.0) -> Point:
    """Return an inner point away from the outline and from places already written on.

    Names are wider than high: a distance across counts half.

    Args:
        rings: The outline to stay in.
        taken: Centres of the names.
        step: Distance between the points tried, in units of the drawing.
    """
    left, top, right, bottom = bounds([svg_path(rings)])
    near = [p for p in taken if left - 40 < p[0] < right + 40 and top - 40 < p[1] < bottom + 40]
    best, place = -math.inf, (left, top)
    for i in range(int((right - left) / step)):
        for j in range(int((bottom - top) / step)):
            x, y = left + (i + 0.5) * step, top + (j + 0.5) * step
            free = min((math.hypot((x - a) / 2, y - b) for a, b in near), default=math.inf)
            if free > best and contains((x, y), rings):
                free = min(free, distance_to_outline((x, y), rings) * 1.2)
                if free > best:
                    best, place = free, (x, y)
    return round(place[0], 1), round(place[1], 1)


def contains(point: Point, rings: Iterable[Ring]) -> bool:
    """Tell whether a point is inside (ray casting, even-odd rule)."""
    x, y = point
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def distance_to_outline(point: Point, rings: Sequence[Ring]) -> float:
    """Return the distance to the nearest edge, negative outside."""
    nearest = min(
        _distance_to_segment(point, a, b)
        for ring in rings
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
    )
    return nearest if contains(point, rings) else -nearest


def _distance_to_segment(point: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length if length else 0
    along = max(0.0, min(1.0, along))
    return math.hypot(point[0] - a[0] - along * dx, point[1] - a[1] - along * dy)
