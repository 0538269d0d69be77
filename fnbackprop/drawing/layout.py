"""Where everything in a diagram stands, in pixels; forward and gradient graph share one layout."""

from collections.abc import Mapping
from typing import NamedTuple

from .diagram import Diagram, Group
from .grid import BESIDE, PORT, Grid, make_grid
from .layers import Item
from .spread import spread
from .text import TITLE, width

_AROUND = 9  # from a group's frame to what it holds
_CORNER = 14  # from a box's corner to the first link


class Box(NamedTuple):
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Stretch(NamedTuple):
    """A vertical piece of a link, going up; curves lead from one to the next."""

    x: float
    bottom: float
    top: float


class Layout(NamedTuple):
    """One side of a picture: boxes by place, and in the order of links and groups what belongs to each."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    paths: tuple[tuple[Stretch, ...], ...]
    labels: tuple[tuple[float, float], ...]  # where the text begins, and its middle's height
    groups: tuple[Box, ...]


def make_layout(diagram: Diagram) -> Layout:
    """Boxes that do not overlap, each label beside its link, and links that pass between the boxes."""
    grid = _from_zero(make_grid(diagram))
    boxes = {place.name: _box(place.name, grid) for place in diagram.places}
    tops, bottoms = _ports(grid, boxes, 0), _ports(grid, boxes, -1)
    paths = tuple(
        (
            Stretch(tops[i], boxes[str(route[0])].y, grid.spans[grid.row[route[0]]].top),
            *(Stretch(grid.xs[item], *reversed(grid.spans[grid.row[item]])) for item in route[1:-1]),
            Stretch(bottoms[i], grid.spans[grid.row[route[-1]]].bottom, _bottom(boxes[str(route[-1])])),
        )
        for i, route in enumerate(grid.layers.routes)
    )
    # A link to the next row has no label, and nowhere to put one.
    labels = tuple((path[1].x + BESIDE, (path[1].bottom + path[1].top) / 2) for path in paths)
    groups = tuple(_frame(group, grid) for group in diagram.groups)
    right = [grid.xs[item] + extent.right for item, extent in grid.extents.items()]
    width = max(*right, *(box.x + box.width for box in groups))
    return Layout(width, grid.spans[0].bottom, boxes, paths, labels, groups)


def _from_zero(grid: Grid) -> Grid:
    """The grid with its left edge at 0, frames of groups included."""
    left = min(grid.xs[item] - extent.left for item, extent in grid.extents.items()) - _AROUND
    return grid._replace(xs={item: x - left for item, x in grid.xs.items()})


def _box(name: str, grid: Grid) -> Box:
    extent, span = grid.extents[name], grid.spans[grid.row[name]]
    middle = (span.top + span.bottom) / 2
    return Box(grid.xs[name] - extent.left, middle - extent.height / 2, extent.left + extent.right, extent.height)


def _bottom(box: Box) -> float:
    return box.y + box.height


def _ports(grid: Grid, boxes: Mapping[str, Box], end: int) -> dict[int, float]:
    """For each link the x at which it leaves its tail (end 0) or enters its head (end -1)."""
    meeting: dict[Item, list[tuple[float, int]]] = {}
    for i, route in enumerate(grid.layers.routes):
        own, other = (route[0], route[1]) if end == 0 else (route[-1], route[-2])
        meeting.setdefault(own, []).append((_nearest(boxes[str(own)], other, grid, boxes), i))
    ports: dict[int, float] = {}
    for own, links in meeting.items():
        box, (wanted, numbers) = boxes[str(own)], zip(*sorted(links), strict=True)
        room = box.x + _CORNER, box.x + box.width - _CORNER
        ports |= zip(numbers, spread(wanted, [PORT] * (len(links) - 1), [1.0] * len(links), *room), strict=True)
    return ports


def _nearest(box: Box, other: Item, grid: Grid, boxes: Mapping[str, Box]) -> float:
    """Where a box is nearest to a point, or to the middle of what it shares with another box below or above."""
    least, most, x = box.x + _CORNER, box.x + box.width - _CORNER, grid.xs[other]
    if other in boxes:
        its = boxes[str(other)]
        left, right = max(least, its.x + _CORNER), min(most, its.x + its.width - _CORNER)
        x = (left + right) / 2 if left < right else x
    return min(max(x, least), most)


def _frame(group: Group, grid: Grid) -> Box:
    """A frame around the rows of a group, which hold nothing else; its count stands in it at the right."""
    rows = [grid.row[name] for name in group.places if name in grid.row]
    items = [item for row in range(min(rows), max(rows) + 1) for item in grid.layers.rows[row]]
    left = min(grid.xs[item] - grid.extents[item].left for item in items) - _AROUND
    right = max(grid.xs[item] + grid.extents[item].right for item in items) + _AROUND
    top, bottom = grid.spans[max(rows)].top - _AROUND, grid.spans[min(rows)].bottom + _AROUND
    return Box(left, top, right - left + width(f"× {group.times}", TITLE) + _AROUND, bottom - top)
