"""Pictures of graphs they were not made for: nothing overlaps, nothing is cut off, links pass between boxes."""

from itertools import combinations, pairwise

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop import Graph, Node
from fnbackprop.drawing.diagram import Diagram
from fnbackprop.drawing.layout import Box, Layout, make_layout
from fnbackprop.drawing.text import LINE, TEXT, width
from fnbackprop.graph.diagram import make_diagram
from fnbackprop.modules import Linear, ReLU, Tanh

from ..graph.random_graphs import NODES, PICK, graph_of

X = jax.ShapeDtypeStruct((5, 3), np.float32)


def apart(a: Box, b: Box) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


def text_boxes(diagram: Diagram, layout: Layout) -> list[Box]:
    found = []
    for link, (x, y) in zip(diagram.links, layout.labels, strict=True):
        if link.forward:
            found.append(Box(x, y - LINE / 2, max(width(link.forward, TEXT), width(link.backward, TEXT)), LINE))
    return found


def check(diagram: Diagram) -> None:
    layout = make_layout(diagram)
    boxes = [*layout.boxes.values(), *text_boxes(diagram, layout)]
    assert all(apart(a, b) for a, b in combinations(boxes, 2))
    for box in (*boxes, *layout.groups):
        assert 0 <= box.x <= box.x + box.width <= layout.width + 1e-6
    for box in boxes:
        assert -1e-6 <= box.y <= box.y + box.height <= layout.height + 1e-6
    for link, path in zip(diagram.links, layout.paths, strict=True):
        tail, head = layout.boxes[link.tail], layout.boxes[link.head]
        assert (path[0].bottom, path[-1].top) == (tail.y, head.y + head.height)
        assert tail.x < path[0].x < tail.x + tail.width
        assert head.x < path[-1].x < head.x + head.width
        heights = [y for stretch in path for y in (stretch.bottom, stretch.top)]
        assert all(lower >= higher - 1e-6 for lower, higher in pairwise(heights))
        for stretch in path[1:-1]:
            passed = Box(stretch.x, stretch.top, 0, stretch.bottom - stretch.top)
            assert all(apart(passed, box) for box in boxes)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(NODES, st.lists(PICK, max_size=2), st.booleans())
def test_any_graph(drawn: list[tuple[str, float, float]], more_outputs: list[float], fold: bool) -> None:
    check(make_diagram(graph_of(drawn, more_outputs), X, fold=fold))


@pytest.mark.quick
@pytest.mark.parametrize("count", [1, 3, 100])
def test_from_small_to_large(count: int) -> None:
    check(
        make_diagram(Graph([Linear(3 + i % 7) for i in range(count)]), X, cost="squared_error", targets=X, fold=False)
    )


@pytest.mark.quick
def test_a_chain_is_straight() -> None:
    layout = make_layout(make_diagram(Graph([Linear(9), ReLU(), Node(Tanh(), "last")]), X))
    middles = {round(box.x + box.width / 2, 1) for name, box in layout.boxes.items() if not name.endswith(":w")}
    assert max(middles) - min(middles) < 1


@pytest.mark.quick
def test_a_frame_holds_its_group_and_nothing_else() -> None:
    diagram = make_diagram(Graph([Node(ReLU(), "first"), *([Linear(3), Tanh()] * 8), Node(ReLU(), "last")]), X)
    (group,), layout = diagram.groups, make_layout(diagram)
    (frame,) = layout.groups
    for name, box in layout.boxes.items():
        if name in group.places:
            assert frame.x < box.x
            assert box.x + box.width < frame.x + frame.width
            assert frame.y < box.y
            assert box.y + box.height < frame.y + frame.height
        else:
            assert apart(frame, box)
