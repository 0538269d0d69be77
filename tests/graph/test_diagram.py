"""What a picture says, against shapes and Jacobians worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Graph, Node, ShapeError
from fnbackprop.drawing.diagram import Diagram, Link
from fnbackprop.graph.diagram import COST, RESULT, TARGETS, make_diagram
from fnbackprop.modules import Add, Function, Linear, Max, ReLU, Tanh

pytestmark = pytest.mark.quick


def spec(*shape: int, dtype: str = "float32") -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, np.dtype(dtype))


def lines(diagram: Diagram) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {place.name: (place.forward, place.backward) for place in diagram.places}


def test_the_lectures_graph() -> None:
    diagram = make_diagram(Graph([Node(Linear(2), "G")]), spec(1, 3), cost="squared_error", targets=spec(1, 2))
    # M = 2 outputs; w has N = 2·3 + 2 numbers.
    assert lines(diagram) == {
        "x": (("x",), ("∂C/∂x",)),
        "G:w": (("w", "bias [2]", "weight [2, 3]"), ("∂C/∂w", "1×8")),
        "G": (("G", "Linear(features=2)"), ("∂ G", "∂y/∂x 2×3", "∂y/∂w 2×8", "needs x, w")),
        TARGETS: (("y", "[1, 2]"), ()),
        COST: (("squared_error", "C(y, ȳ)"), ("∂ squared_error", "∂C/∂ȳ 1×2")),
        RESULT: (("C",), ("1",)),
    }
    assert set(diagram.links) == {
        Link("x", "G", "[1, 3]", "1×3"),
        Link("G:w", "G", of_parameters=True),
        Link("G", COST, "[1, 2]", "1×2"),
        Link(TARGETS, COST),
        Link(COST, RESULT, "scalar", "1×1"),
    }


def test_a_duplicate_turns_into_a_sum_and_tied_parameters_stand_once() -> None:
    graph = Graph(
        [
            Node(Linear(4), "a", ("x",)),
            Node(Linear(4), "b", ("x",), tied="a"),
            Node(Max(), "larger", ("a", "b")),
            Node(Add(), "all", ("larger", "x")),
        ]
    )
    diagram = make_diagram(graph, spec(5, 4))
    found = lines(diagram)
    assert found["x.duplicate"] == (("Duplicate",), ("dx = dy₁ + dy₂ + dy₃",))
    assert found["a:w"][0][-1] == "shared by 2 nodes"
    assert found["a:w"][1] == ("∂C/∂w", "1×20", "sum of 2 cotangents")
    assert "b:w" not in found
    assert [link.head for link in diagram.links if link.tail == "a:w"] == ["a", "b"]
    assert found["larger"][1] == ("∂ larger", "∂y/∂xᵢ 20×20", "needs bool[5, 4]")
    assert found["all"][1] == ("∂ all", "∂y/∂xᵢ 20×20", "needs nothing")


def test_inputs_of_different_sizes_have_jacobians_of_their_own() -> None:
    graph = Graph([Node(Function(lambda x, b: x + b), "plus", ("x", "b"))], ["x", "b"])
    assert lines(make_diagram(graph, spec(5, 4), spec(4)))["plus"][1][:3] == ("∂ plus", "∂y/∂x₁ 20×20", "∂y/∂x₂ 20×4")


def test_every_edge_carries_the_shape_that_eval_shape_says() -> None:
    def two(x: jax.Array) -> jax.Array:
        return jnp.stack([x, x])

    graph = Graph([two, Node(Tanh(), "t"), Node(Linear(7), "l"), Node(Function(jnp.sum), "s")])
    variables = jax.eval_shape(lambda key: graph.init(key, spec(3, 5)), jax.random.key(0))
    wires, _ = jax.eval_shape(graph.wires, variables, spec(3, 5))
    labels = {link.tail: link.forward for link in make_diagram(graph, spec(3, 5)).links if link.forward}
    del labels[COST]
    assert labels == {name: str(list(wire.shape)) if wire.shape else "scalar" for name, wire in wires.items()}
    assert labels["l"] == "[2, 3, 7]"


def test_numbers_without_a_derivative_say_so() -> None:
    graph = Graph([Node(Function(lambda tokens: tokens.astype(np.float16)), "cast")], ["tokens"])
    links = make_diagram(graph, spec(6, dtype="int32")).links
    assert Link("tokens", "cast", "int32[6]", "no derivative") in links
    assert Link("cast", COST, "float16[6]", "1×6") in links


def test_without_shapes_the_wiring_is_drawn() -> None:
    diagram = make_diagram(Graph([Node(Linear(2), "a"), Node(ReLU(), "b"), Node(Linear(2), "c", tied="a")]))
    assert lines(diagram)["a"] == (("a", "Linear(features=2)"), ("∂ a",))
    assert lines(diagram)["a:w"] == (("w", "shared by 2 nodes"), ("∂C/∂w", "sum of 2 cotangents"))
    assert Link("a", "b") in diagram.links
    assert lines(diagram)[COST] == (("sum", "of the outputs ȳ"), ("∂ sum",))


def test_every_output_leads_to_the_cost() -> None:
    graph = Graph([Node(Tanh(), "a"), Node(ReLU(), "b", ("a",))], outputs=["b", "a"])
    diagram = make_diagram(graph, spec(1, 3))
    assert [link.tail for link in diagram.links if link.head == COST] == ["b", "a.duplicate"]
    assert lines(diagram)[COST][1][1] == "∂C/∂ȳ 1×6"


def test_what_is_needed_goes_by_the_name_that_is_drawn() -> None:
    nodes = [part for i in range(8) for part in (Node(Linear(4), f"l{i}"), Node(Tanh(), f"t{i}"))]
    found = lines(make_diagram(Graph([*nodes, Node(Linear(2), "last")]), spec(1, 4)))
    assert "t7" not in found
    assert found["last"][1][-1] == "needs t0, w"


def test_a_graph_in_a_graph_is_one_node() -> None:
    diagram = make_diagram(Graph([Node(Graph([Linear(4), ReLU()]), "block")]), spec(1, 4))
    assert lines(diagram)["block"][0] == ("block", "Graph of 2 nodes")
    assert lines(diagram)["block:w"][0] == ("w", "linear_1.bias [4]", "linear_1.weight [4, 4]")


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="2 inputs; it wants 1"):
        make_diagram(Graph([ReLU()]), spec(1), spec(1))
