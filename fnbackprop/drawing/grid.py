"""The rows and columns of a picture, in pixels."""

from collections.abc import Mapping
from typing import NamedTuple

from .columns import Extent, place_columns
from .diagram import Diagram, Place
from .layers import Item, Layers, make_layers, neighbours
from .text import LINE, TEXT, block_height, block_width, width

BESIDE = 9.0  # from a link to its label
PORT = 18.0  # between two links at one side of a box
_INSIDE = 14.0  # from a box to its text
_LEAST, _MOST = 18.0, 60.0  # between two rows


class Span(NamedTuple):
    """A row, by its upper and lower edge."""

    top: float
    bottom: float


class Grid(NamedTuple):
    """Every item's row, size and x, and every row's span; y counts downwards from the uppermost row."""

    layers: Layers
    row: Mapping[Item, int]
    extents: Mapping[Item, Extent]
    xs: Mapping[Item, float]
    spans: tuple[Span, ...]


def make_grid(diagram: Diagram) -> Grid:
    """Rows and columns in which nothing overlaps; x may be negative."""
    layers = make_layers(diagram)
    extents = _extents(diagram, layers)
    xs = place_columns(layers, extents)
    row = {item: i for i, items in enumerate(layers.rows) for item in items}
    return Grid(layers, row, extents, xs, _spans(layers, extents, xs))


def _extents(diagram: Diagram, layers: Layers) -> dict[Item, Extent]:
    degree = {place.name: [0, 0] for place in diagram.places}
    extents: dict[Item, Extent] = {}
    for link, route in zip(diagram.links, layers.routes, strict=True):
        degree[link.tail][0] += 1
        degree[link.head][1] += 1
        text = max(width(link.forward, TEXT), width(link.backward, TEXT))
        for item in route[1:-1]:
            # The label stands where the link leaves its tail.
            labelled = item == route[1] and text
            extents[item] = Extent(2.0, BESIDE + text, LINE, 1.0) if labelled else Extent(2.0, 2.0, 0.0, 1.0)
    return extents | {place.name: _box(place, max(degree[place.name])) for place in diagram.places}


def _box(place: Place, links: int) -> Extent:
    sides = (place.forward, place.backward)
    half = max(max(map(block_width, sides)) / 2 + _INSIDE, (links + 1) * PORT / 2, 30.0)
    # Leaves move aside for what they hang on.
    weight = 0.001 if place.kind in ("parameters", "targets") else 1.0
    return Extent(half, half, max(map(block_height, sides)) + _INSIDE, weight)


def _spans(layers: Layers, extents: Mapping[Item, Extent], xs: Mapping[Item, float]) -> tuple[Span, ...]:
    """Rows from the bottom up; the further a link leans between two of them, the further apart they are."""
    _, above = neighbours(layers.routes)
    y, spans = 0.0, []
    for row in layers.rows:
        height = max(extents[item].height for item in row)
        spans.append(Span(y - height, y))
        lean = max((abs(xs[item] - xs[other]) for item in row for other in above[item]), default=0.0)
        y -= height + min(_LEAST + lean / 8, _MOST)
    return tuple(Span(span.top - spans[-1].top, span.bottom - spans[-1].top) for span in spans)
