"""What a reversed node needs, in one line, against what the rules' formulas read."""

import jax
import numpy as np
import pytest

from fnbackprop import Graph, Node, Repeat
from fnbackprop.graph import reverse
from fnbackprop.graph.needs_line import needs_line
from fnbackprop.modules import Add, Dropout, Linear, Max, ReLU, Softmax, Tanh

pytestmark = pytest.mark.quick

X = jax.ShapeDtypeStruct((5, 4), np.float32)


def lines(*nodes: Node) -> dict[str, tuple[str, ...]]:
    return {node.node.name: needs_line(node) for node in reverse(Graph(nodes), X).nodes}


def test_each_module_says_what_its_formula_reads() -> None:
    found = lines(
        Node(Linear(4), "linear"),
        Node(Tanh(), "tanh"),
        Node(ReLU(), "relu"),
        Node(Dropout(), "dropout"),
        Node(Max(), "larger", ("dropout", "x")),
        Node(Add(), "sum", ("larger", "x")),
        Node(Softmax(), "softmax"),
    )
    assert found["x.duplicate"] == ("needs nothing",)
    assert found["linear"] == ("needs x, w",)  # a copy of x
    assert found["tanh"] == ("needs linear",)
    assert found["relu"] == ("needs bool[5, 4]",)
    assert found["dropout"] == ("needs rate, key",)
    assert found["larger"] == ("needs bool[5, 4]",)
    assert found["sum"] == ("needs nothing",)
    assert found["softmax"] == ("needs softmax",)


def test_equal_ones_are_counted_and_many_are_cut_short() -> None:
    block = Graph([Linear(4), Tanh(), Linear(4), Tanh()])
    assert lines(Node(Repeat(block, times=3), "deep"))["deep"] == ("needs w, 4 × [3, 5, 4]",)
    sizes = Graph([part for size in (6, 7, 8, 9) for part in (Linear(size), Tanh())])
    (line,) = lines(Node(sizes, "sizes"))["sizes"]
    assert line.startswith("needs x, w, ")
    assert line.endswith(" more")


def test_without_shapes_nothing_is_said() -> None:
    (node,) = reverse(Graph([Tanh()])).nodes
    assert needs_line(node) == ()
