"""Nodes by their path, in the order in which they run."""

import pytest

from fnbackprop import Graph, Node
from fnbackprop.graph import nested
from fnbackprop.modules import Add, Duplicate, ReLU, Tanh

pytestmark = pytest.mark.quick


def test_a_graph_stands_for_its_nodes() -> None:
    inner = Graph([Node(Tanh(), "a"), Node(Duplicate(copies=2), "two")], outputs=("two.0", "two.1"))
    graph = Graph([Node(ReLU(), "first"), Node(Graph([Node(inner, "inner"), Node(Add(), "sum")]), "outer")])
    found = [*nested(graph)]
    assert [each.path for each in found] == ["first", "outer/inner/a", "outer/inner/two", "outer/sum"]
    assert found[2].inputs == ["outer/inner/a"]
    assert found[2].outputs == ["outer/inner/two.0", "outer/inner/two.1"]


def test_a_nodes_part_of_a_tree() -> None:
    graph = Graph([Node(ReLU(), "first"), Node(Graph([Node(Tanh(), "a")]), "outer")])
    first, inner = nested(graph)
    assert inner.part({"outer": {"a": 3}}) == 3
    assert inner.part({"first": 1}) == ()
    assert first.part(()) == ()
