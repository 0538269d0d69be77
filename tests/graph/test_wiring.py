"""Names, order, Duplicates, and what is refused."""

import re
from typing import Any

import jax.numpy as jnp
import pytest

from fnbackprop import Graph, GraphError, Node
from fnbackprop.modules import Add, Duplicate, Linear, Max, ReLU

pytestmark = pytest.mark.quick


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def test_a_sequence_names_itself_and_reads_the_node_before() -> None:
    graph = Graph([Linear(4), ReLU(), Linear(2), jnp.sin])
    assert names(graph) == ["linear_1", "relu_1", "linear_2", "sin_1"]
    assert [node.inputs for node in graph.nodes] == [("x",), ("linear_1",), ("relu_1",), ("linear_2",)]
    assert graph.outputs == ("sin_1",)


def test_nodes_run_after_what_they_read_and_otherwise_in_the_order_given() -> None:
    graph = Graph(
        [
            Node(Add(), "sum", ("b", "a")),
            Node(ReLU(), "a", ("c",)),
            Node(ReLU(), "b", ("x",)),
            Node(ReLU(), "c", ("x",)),
        ],
        outputs=["sum"],
    )
    assert names(graph) == ["x.duplicate", "b", "c", "a", "sum"]


def test_every_wire_has_one_reader() -> None:
    graph = Graph([ReLU(), Node(Add(), inputs=("relu_1", "relu_1")), Node(Max(), inputs=("relu_1", "add_1"))])
    duplicate = next(node for node in graph.nodes if isinstance(node.module, Duplicate))
    assert duplicate.module.copies == 3
    wires = [wire for node in graph.nodes for wire in node.inputs] + [*graph.outputs]
    assert len(wires) == len(set(wires))


def test_an_output_that_is_also_read_is_duplicated() -> None:
    graph = Graph([ReLU(), Node(ReLU(), "second")], outputs=["relu_1", "second"])
    assert graph.outputs == ("relu_1.duplicate.1", "second")


def test_a_wired_graph_wires_to_itself() -> None:
    graph = Graph([ReLU(), Node(Add(), inputs=("relu_1", "x"))])
    assert Graph(graph.nodes, graph.inputs, graph.outputs) == graph


def test_a_module_that_was_not_made_is_refused() -> None:
    with pytest.raises(GraphError, match=r"wants modules, as ReLU\(\)"):
        Graph([Linear(2), ReLU])


def test_a_node_after_several_outputs_reads_them_all() -> None:
    assert Graph([Duplicate(copies=2), Add()]).nodes[1].inputs == ("duplicate_1.0", "duplicate_1.1")


REFUSED = {
    "cycle": ([Node(Add(), "a", ("x", "b")), Node(ReLU(), "b", ("a",))], "cycle: (a → b → a|b → a → b)"),
    "cycle of one": ([Node(Add(), "a", ("x", "a"))], "cycle: a → a"),
    "unknown name": ([Node(ReLU(), "first"), Node(ReLU(), inputs=("frist",))], "reads 'frist'.*did you mean 'first'"),
    "duplicate name": ([Node(ReLU(), "a"), Node(ReLU(), "a")], "'a' stands for 2 nodes"),
    "a graph input's name": ([Node(ReLU(), "x")], "'x' stands for 2 nodes"),
    "a name with a dot": ([Node(ReLU(), "a.b")], "a name is made of letters"),
    "a Duplicate with the name of another's output": (
        [Node(Duplicate(copies=2), "a"), Node(Duplicate(copies=2), "a.0", ("a.0",)), Add()],
        r"node 'a\.0' .*a name is made of letters",
    ),
    "a Duplicate with the name of one that is inserted": (
        [
            Node(ReLU(), "b"),
            Node(Duplicate(copies=2), "b.duplicate", ("b",)),
            Node(Add(), "sum"),
            Node(Add(), "all", ("sum", "b")),
        ],
        "'b.duplicate' stands for 2 nodes",
    ),
    "unread output": ([Node(ReLU(), "a"), Node(ReLU(), "b", ("x",))], "its output 'a' goes nowhere"),
    "one of several outputs unread": (
        [Duplicate(copies=2), Node(ReLU(), "r", ("duplicate_1.0",))],
        "'duplicate_1.1' goes",
    ),
    "several outputs read as one": (
        [Duplicate(copies=2), Node(ReLU(), "r", ("duplicate_1",))],
        "read one of duplicate_1.0, ",
    ),
    "tied to a later node": ([Node(Linear(2), "a", tied="b"), Node(Linear(2), "b")], "'b', which is no node before it"),
    "tied to a tied node": (
        [Node(Linear(2), "a"), Node(Linear(2), "b", tied="a"), Node(Linear(2), "c", tied="b")],
        "itself tied to 'a'",
    ),
    "no nodes": ([], "no nodes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    nodes, message = REFUSED[case]
    with pytest.raises(GraphError, match=message):
        Graph(nodes)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("alone", [ReLU(), Node(ReLU()), jnp.sin])
def test_a_module_alone_is_refused(alone: Any) -> None:
    with pytest.raises(GraphError, match=r"wants a sequence of modules: Graph\(\[…\]\)"):
        Graph(alone)


def test_an_unused_graph_input_is_refused() -> None:
    with pytest.raises(GraphError, match=re.escape("input 'y' is never read")):
        Graph([Node(ReLU(), inputs=("x",))], inputs=["x", "y"])


def test_an_unknown_output_is_refused() -> None:
    with pytest.raises(GraphError, match="the graph's outputs reads 'z'"):
        Graph([ReLU()], outputs=["z"])
