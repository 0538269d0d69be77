"""Rows for the places of a diagram, inputs at the bottom, and an order within each that crosses few links.

The method of Sugiyama, Tagawa and Toda (1981): rows by longest path, links across several rows cut into pieces by
points that they pass through, rows ordered by the barycentre of their neighbours.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from .diagram import Diagram

# A place, or the point where a link, by number, passes a row.
Item = str | tuple[int, int]
Row = tuple[Item, ...]
_SWEEPS = 12


class Layers(NamedTuple):
    """Rows of items, bottom row first; and the items that each link passes, one a row, from its tail to its head."""

    rows: tuple[Row, ...]
    routes: tuple[tuple[Item, ...], ...]


def make_layers(diagram: Diagram) -> Layers:
    """Places stand in the even rows; odd ones are for labels, and for leaves (parameters, targets)."""
    row = _rows(diagram)
    items: list[list[Item]] = [[] for _ in range(max(row.values()) + 1)]
    # Leaves come first, to be drawn at the left where nothing else decides.
    for place in diagram.places:
        items[row[place.name]].append(place.name)
    routes: list[tuple[Item, ...]] = []
    for number, link in enumerate(diagram.links):
        passed = [(number, r) for r in range(row[link.tail] + 1, row[link.head])]
        for point in passed:
            items[point[1]].append(point)
        routes.append((link.tail, *passed, link.head))
    return Layers(_ordered(tuple(map(tuple, items)), routes), tuple(routes))


def neighbours(routes: Sequence[Sequence[Item]]) -> tuple[Mapping[Item, list[Item]], Mapping[Item, list[Item]]]:
    """What each item is linked to in the row below, and in the row above."""
    below: dict[Item, list[Item]] = defaultdict(list)
    above: dict[Item, list[Item]] = defaultdict(list)
    for route in routes:
        for low, high in pairwise(route):
            below[high].append(low)
            above[low].append(high)
    return below, above


def _rows(diagram: Diagram) -> dict[str, int]:
    leaves = {place.name for place in diagram.places if place.kind in ("parameters", "targets")}
    inputs = {place.name for place in diagram.places if place.kind == "input"}
    tails, heads = defaultdict(list), defaultdict(list)
    for link in diagram.links:
        tails[link.head].append(link.tail)
        heads[link.tail].append(link.head)
    row: dict[str, int] = {}
    for place in diagram.places:
        row[place.name] = max((row[tail] + 2 for tail in tails[place.name] if tail not in leaves), default=0)
    # What has no tail stands right below what reads it.
    row |= {name: min(row[head] for head in heads[name]) - 2 for name in inputs}
    row |= {name: min(row[head] for head in heads[name]) - 1 for name in leaves}
    return row


def _ordered(rows: tuple[Row, ...], routes: Sequence[Sequence[Item]]) -> tuple[Row, ...]:
    below, above = neighbours(routes)
    best, fewest = rows, _crossings(rows, above)
    for sweep in range(_SWEEPS):
        rows = _sweep_up(rows, below) if sweep % 2 else _sweep_up(rows[::-1], above)[::-1]
        if (crossings := _crossings(rows, above)) < fewest:
            best, fewest = rows, crossings
    return best


def _sweep_up(rows: tuple[Row, ...], below: Mapping[Item, list[Item]]) -> tuple[Row, ...]:
    """Each row, after the first, ordered by the mean place of what its items are linked to in the one before."""
    swept = [rows[0]]
    for row in rows[1:]:
        place = {item: i for i, item in enumerate(swept[-1])}
        means = {
            item: sum(place[other] for other in below[item]) / len(below[item]) if below.get(item) else i
            for i, item in enumerate(row)
        }
        swept.append(tuple(sorted(row, key=means.__getitem__)))
    return tuple(swept)


def _crossings(rows: Sequence[Row], above: Mapping[Item, list[Item]]) -> int:
    """How many pairs of links cross between neighbouring rows."""
    crossings = 0
    for low, high in pairwise(rows):
        place = {item: i for i, item in enumerate(high)}
        seen: list[int] = []
        for item in low:
            ends = sorted(place[other] for other in above.get(item, ()))
            crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings
