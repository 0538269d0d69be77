"""Every item's x: near what it is linked to, apart from its neighbours, and long links straight."""

from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from .layers import Item, Layers, Row, neighbours
from .spread import spread

_APART = 28.0  # pixels between two items of a row
_ROUNDS = 12
_STRAIGHTENINGS = 3


class Extent(NamedTuple):
    """How far an item reaches from its own x to the left and right, how high it is, and how firmly it stands."""

    left: float
    right: float
    height: float
    weight: float


def place_columns(layers: Layers, extents: Mapping[Item, Extent]) -> dict[Item, float]:
    """The x of every item; it may be negative."""
    below, above = neighbours(layers.routes)
    xs: dict[Item, float] = {item: 0.0 for row in layers.rows for item in row}
    up, down = layers.rows, layers.rows[::-1]
    # First along one direction at a time, which makes long chains straight; then between both.
    sweeps = [(up, (below,)), (down, (above,))] * 2 + [(up, (below, above)), (down, (below, above))] * _ROUNDS
    for rows, nears in sweeps:
        for row in rows:
            wanted = [_middle(item, [other for near in nears for other in near[item]], xs, extents) for item in row]
            gaps = [extents[a].right + _APART + extents[b].left for a, b in pairwise(row)]
            xs |= zip(row, spread(wanted, gaps, [extents[item].weight for item in row]), strict=True)
    for _ in range(_STRAIGHTENINGS):
        _straighten(xs, layers, extents)
    return xs


def _middle(item: Item, others: list[Item], xs: Mapping[Item, float], extents: Mapping[Item, Extent]) -> float:
    if not others:
        return xs[item]
    total = sum(extents[other].weight for other in others)
    return sum(extents[other].weight * xs[other] for other in others) / total


def _straighten(xs: dict[Item, float], layers: Layers, extents: Mapping[Item, Extent]) -> None:
    """Put the points that a link passes above one another, as far up as their neighbours leave room."""
    beside = {item: (left, right) for row in layers.rows for left, item, right in _triples(row)}
    for route in layers.routes:
        run: list[Item] = []
        low, high = float("-inf"), float("inf")
        for item in route[1:-1]:
            least, most = _room(item, *beside[item], xs, extents)
            if max(low, least) > min(high, most):
                _align(run, low, high, xs)
                run, low, high = [], float("-inf"), float("inf")
            run, low, high = [*run, item], max(low, least), min(high, most)
        _align(run, low, high, xs)


def _triples(row: Row) -> zip:
    return zip((None, *row[:-1]), row, (*row[1:], None), strict=True)


def _room(
    item: Item, left: Item | None, right: Item | None, xs: Mapping[Item, float], extents: Mapping[Item, Extent]
) -> tuple[float, float]:
    """The least and the greatest x of an item between its neighbours."""
    own = extents[item]
    least = float("-inf") if left is None else xs[left] + extents[left].right + _APART + own.left
    most = float("inf") if right is None else xs[right] - extents[right].left - _APART - own.right
    # Never an empty room for where it already stands, whatever is lost in rounding.
    return min(least, xs[item]), max(most, xs[item])


def _align(run: list[Item], low: float, high: float, xs: dict[Item, float]) -> None:
    if run:
        xs |= dict.fromkeys(run, min(max(median(xs[item] for item in run), low), high))
