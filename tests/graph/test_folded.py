"""Repeated blocks are drawn once, with their count, and nothing else is left out."""

import jax
import numpy as np
import pytest

from fnbackprop import Graph, Node
from fnbackprop.graph.diagram import COST, make_diagram
from fnbackprop.modules import Add, Linear, ReLU, Tanh

pytestmark = pytest.mark.quick

X = jax.ShapeDtypeStruct((1, 8), np.float32)


def residual(blocks: int) -> Graph:
    nodes, before = [Node(Linear(8), "stem")], "stem"
    for i in range(blocks):
        nodes += [Node(Linear(8), f"l{i}", (before,)), Node(ReLU(), f"r{i}"), Node(Add(), f"a{i}", (f"r{i}", before))]
        before = f"a{i}"
    return Graph([*nodes, Node(Linear(3), "head")])


def test_a_deep_chain() -> None:
    layers = [module for _ in range(29) for module in (Linear(16), ReLU())]
    diagram = make_diagram(Graph([*layers, Linear(3), Node(Tanh(), "last")]), X)
    (group,) = diagram.groups
    # The first Linear is narrower: what follows its ReLU repeats.
    assert (group.nodes, group.times) == (("linear_2", "relu_2"), 28)
    assert [p.name for p in diagram.places if p.kind == "module"] == [
        *("linear_1", "relu_1", "linear_2", "relu_2", "linear_30", "last"),
    ]
    assert {(link.tail, link.head) for link in diagram.links} >= {("relu_1", "linear_2"), ("relu_2", "linear_30")}
    drawn = {place.name for place in diagram.places}
    assert {f"{kind}_{i}" for kind in ("linear", "relu") for i in range(1, 30)} == (
        (drawn | set(group.others)) - {f"{n}:w" for n in drawn} - {"x", "last", "linear_30"}
    ) - {name for name in drawn if name.startswith(":") or name.endswith(":w")}


def test_residual_blocks_keep_their_inside() -> None:
    diagram = make_diagram(residual(6), X)
    (group,) = diagram.groups
    assert (group.nodes, group.times) == (("stem.duplicate", "l0", "r0", "a0"), 6)
    assert ("a0", "head") in {(link.tail, link.head) for link in diagram.links}


def test_up_to_a_dozen_nodes_all_are_drawn_and_beyond_on_demand() -> None:
    assert not make_diagram(Graph([Tanh()] * 12)).groups
    assert make_diagram(Graph([Tanh()] * 13)).groups[0].times == 13
    assert not make_diagram(Graph([Tanh()] * 13), fold=False).groups


def test_what_differs_is_not_folded() -> None:
    widths = make_diagram(Graph([Linear(5 + i) for i in range(20)]), X)
    assert not widths.groups
    # A wire around all of them crosses every cut.
    around = Graph([*(Node(Tanh(), f"t{i}") for i in range(20)), Node(Add(), "sum", ("t19", "x"))])
    assert not make_diagram(around, X).groups


def test_tied_layers_fold_around_their_one_set_of_parameters() -> None:
    graph = Graph([Node(Linear(8), "own"), *(Node(Linear(8), f"t{i}", tied="own") for i in range(19))])
    diagram = make_diagram(graph, X)
    (group,) = diagram.groups
    assert (group.nodes, group.times) == (("t0",), 19)
    (parameters,) = [place for place in diagram.places if place.kind == "parameters"]
    assert parameters.backward == ("∂C/∂w", "1×72", "sum of 20 cotangents")
    assert [link.head for link in diagram.links if link.of_parameters] == ["own", "t0"]
    assert ("t0", COST) in {(link.tail, link.head) for link in diagram.links}
