"""The maps as the template draws them: shapes, names and frames, numbers already written.

Numbers are strings here, so that no template writes « 12,5 » into an SVG attribute.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from territories import geometry
from territories.models import Commune, PriorityNeighbourhood, School, Territory


_LONG_NAME = 9
_MIN_RATIO, _MAX_RATIO = 1.0, 1.5
_BREAK = re.compile(r"(?<=[-\s])")


@dataclass(frozen=True)
class Area:
    """A commune: outline, name, and the page it leads to.

    Attributes:
        url: Empty for what is only drawn around.
        number: The territory's, which gives the colour.
        lines: The name, cut where it is long; empty when it would not fit in the frame.
        first_dy: How far above the point the first line stands, in ems.
    """

    label: str
    url: str
    number: int
    path: str
    x: str
    y: str
    lines: list[str]
    first_dy: str


@dataclass(frozen=True)
class Mark:
    """A collège."""

    label: str
    x: str
    y: str


@dataclass(frozen=True)
class Number:
    """The number of a territory, written on it."""

    text: str
    x: str
    y: str


@dataclass(frozen=True)
class Drawing:
    """One map.

    Attributes:
        areas: Communes of the map, with links.
        around: Communes drawn around, without links.
        outlines: Thick borders (territories).
        quarters: Outlines of priority neighbourhoods in force.
        marks: Collèges.
        numbers: Numbers of the territories.
        font_size: Of the names, in units of the frame.
    """

    title: str
    view_box: str
    font_size: str
    dot_radius: str
    areas: list[Area]
    around: list[Area] = field(default_factory=list)
    outlines: list[str] = field(default_factory=list)
    quarters: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)


def department_map(territories: Iterable[Territory], communes: Iterable[Commune]) -> Drawing:
    """Draw the 36 communes, coloured by territory."""
    size = 11.0
    return Drawing(
        title="Carte des 36 communes des Hauts-de-Seine, par territoire",
        view_box=f"0 0 {geometry.WIDTH} {geometry.HEIGHT}",
        font_size=_write(size),
        dot_radius="0",
        areas=[_area(commune, size) for commune in communes],
        outlines=[territory.svg_path for territory in territories],
        numbers=[
            Number(
                text=str(territory.number),
                x=_write(territory.label_x),
                y=_write(territory.label_y),
            )
            for territory in territories
        ],
    )


def close_map(
    *,
    title: str,
    inside: Iterable[Commune],
    around: Iterable[Commune],
    outline: str,
    quarters: Iterable[PriorityNeighbourhood],
    schools: Iterable[School],
    link_inside: bool,
) -> Drawing | None:
    """Draw one territory or one commune with what stands around it.

    Args:
        title: Name of the map for assistive technologies.
        inside: The communes that fill the frame.
        around: All the others; those out of the frame are left out.
        outline: The thick border.
        quarters: Priority neighbourhoods to show.
        schools: Collèges to show.
        link_inside: The communes inside lead to their pages.

    Returns:
        None while the outlines are not loaded.
    """
    inside = [commune for commune in inside if commune.svg_path]
    if not inside:
        return None
    frame = _frame([commune.svg_path for commune in inside])
    left, top, right, bottom = frame
    size = (right - left) / 48
    return Drawing(
        title=title,
        view_box=" ".join(map(_write, (left, top, right - left, bottom - top))),
        font_size=_write(size),
        dot_radius=_write((right - left) / 110),
        areas=[_area(commune, size, linked=link_inside) for commune in inside],
        around=[
            _area(commune, size, linked=False, frame=frame)
            for commune in around
            if commune.svg_path and _meet(frame, geometry.bounds([commune.svg_path]))
        ],
        outlines=[outline],
        quarters=[quarter.svg_path for quarter in quarters],
        marks=[
            Mark(label=str(school), x=_write(school.map_x), y=_write(school.map_y))
            for school in schools
            if school.map_x is not None
        ],
    )


def name_lines(name: str) -> list[str]:
    """Cut a long name in two at the hyphen or space that balances it best."""
    pieces = _BREAK.split(name)
    if len(name) <= _LONG_NAME or len(pieces) == 1:
        return [name]
    cuts = [("".join(pieces[:i]), "".join(pieces[i:])) for i in range(1, len(pieces))]
    best = min(cuts, key=lambda cut: max(map(len, cut)))
    return [part.strip() for part in best]


def _area(
    commune: Commune, size: float, *, linked: bool = True, frame: geometry.Box | None = None
) -> Area:
    lines = name_lines(str(commune))
    if frame is not None and not _fits(lines, commune.label_x, commune.label_y, size, frame):
        lines = []
    return Area(
        label=str(commune),
        url=commune.get_absolute_url() if linked else "",
        number=commune.territory_id,
        path=commune.svg_path,
        x=_write(commune.label_x),
        y=_write(commune.label_y),
        lines=lines,
        first_dy=_write(0.35 - 0.55 * (len(lines) - 1), 2),
    )


def _fits(lines: list[str], x: float, y: float, size: float, frame: geometry.Box) -> bool:
    left, top, right, bottom = frame
    half = max(map(len, lines)) * size * 0.3
    return left + half < x < right - half and top + 2 * size < y < bottom - 2 * size


def _frame(paths: list[str]) -> geometry.Box:
    """Return the box of some outlines, with air around and never too thin."""
    left, top, right, bottom = geometry.bounds(paths)
    width, height = right - left, bottom - top
    air = max(width, height) * 0.08
    width, height = width + 2 * air, height + 2 * air
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    width = max(width, height * _MIN_RATIO)
    height = max(height, width / _MAX_RATIO)
    return (
        middle_x - width / 2,
        middle_y - height / 2,
        middle_x + width / 2,
        middle_y + height / 2,
    )


def _meet(a: geometry.Box, b: geometry.Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _write(number: float, digits: int = 1) -> str:
    return f"{number:.{digits}f}".removesuffix(".0")
