"""The gradient graph gives what jax.grad gives, at the same cost, and shows the cotangent of any edge."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import Array

from fnbackprop import Context, Graph, GraphError, Node
from fnbackprop.graph import needs, reverse
from fnbackprop.modules import Add, Dropout, Linear, Max, ReLU, Tanh

from .random_graphs import NODES, PICK, X, graph_of


def grad_of_sum(graph: Graph, variables: Any, *xs: Array, context: Context = Context()) -> tuple[Any, Any]:
    def total(params: Any, *xs: Array) -> Array:
        outputs, _ = graph.apply(variables._replace(params=params), *xs, context=context)
        return sum(jnp.sum(y) for y in outputs)

    return jax.grad(total, (0, *range(1, 1 + len(xs))))(variables.params, *xs)


DIAMOND = Graph(
    [
        Node(Linear(4), "stem"),
        Node(ReLU(), "left", ("stem",)),
        Node(Tanh(), "right", ("stem",)),
        Node(Max(), "larger", ("left", "right")),
        Node(Linear(4), "again"),
        Node(Linear(4), "tied", tied="again"),
        Node(Dropout(), "dropped"),
    ]
)


@pytest.mark.quick
def test_reversed_nodes_run_backwards_and_swap_what_they_read_and_write() -> None:
    gradient = reverse(Graph([Node(Linear(2), "a"), Node(ReLU(), "b"), Node(Add(), "c", ("b", "x"))]))
    assert [(n.node.name, n.reads, n.writes) for n in gradient.nodes] == [
        ("c", ("c",), ("b", "x.duplicate.1")),
        ("b", ("b",), ("a",)),
        ("a", ("a",), ("x.duplicate.0",)),
        ("x.duplicate", ("x.duplicate.0", "x.duplicate.1"), ("x",)),
    ]


@pytest.mark.quick
def test_with_shapes_a_reversed_node_knows_what_it_needs() -> None:
    variables, training = DIAMOND.init(jax.random.key(0), X), Context(jax.random.key(0), train=True)
    found = {n.node.name: n.needs for n in reverse(DIAMOND, jax.ShapeDtypeStruct(X.shape, X.dtype)).nodes}
    assert found == needs(DIAMOND, variables, X, context=training)
    assert [need.name for need in found["right"] or ()] == ["stem.duplicate.1"]  # tanh's slope is of its input
    assert {n.needs for n in reverse(DIAMOND).nodes} == {None}


def test_it_reads_as_its_nodes_in_the_order_in_which_they_run() -> None:
    graph = Graph([Node(Linear(4), "stem"), Node(ReLU(), "bent")])
    assert str(reverse(graph)).splitlines() == [
        "gradient graph of 2 nodes",
        "  bent: ∂C/∂bent → ∂C/∂stem",
        "  stem: ∂C/∂stem → ∂C/∂x",
    ]
    assert str(reverse(graph, jnp.ones((2, 3)))).splitlines() == [
        "gradient graph of 2 nodes",
        "  bent: ∂C/∂bent → ∂C/∂stem; needs bool[2, 4]",
        "  stem: ∂C/∂stem → ∂C/∂x; needs params.weight, x",
    ]


def test_the_same_gradients_as_jax_bit_for_bit() -> None:
    variables = DIAMOND.init(jax.random.key(0), X)
    context = Context(jax.random.key(2), train=True)
    outputs, _, gradients = jax.jit(lambda *a: reverse(DIAMOND).run(*a, context=context))(variables, X)
    params, dx = jax.jit(lambda *a: grad_of_sum(DIAMOND, *a, context=context))(variables, X)
    jax.tree.map(np.testing.assert_array_equal, gradients.params, params)
    np.testing.assert_array_equal(gradients.wires["x"], dx)
    wanted, _ = jax.jit(lambda *a: DIAMOND.apply(*a, context=context))(variables, X)
    np.testing.assert_array_equal(outputs[0], wanted[0])


def tied(block: Any) -> Graph:
    return Graph([Node(block, "a"), *(Node(block, name, tied="a") for name in ("b", "c"))])


def gradients_of(graph: Graph) -> tuple[Any, Any]:
    variables = graph.init(jax.random.key(0), X)
    ours = jax.jit(lambda *a: reverse(graph).run(*a)[2].params)(variables, X)
    return ours, jax.jit(lambda *a: grad_of_sum(graph, *a)[0])(variables, X)


def test_tied_cotangents_are_summed_in_jaxs_order() -> None:
    jax.tree.map(np.testing.assert_array_equal, *gradients_of(tied(Graph([Linear(3), Tanh()]))))


def test_one_sum_has_another_order() -> None:
    twice = Graph([Node(Linear(3), "first"), Tanh(), Node(Linear(3), tied="first"), Tanh()])
    ours, jaxs = gradients_of(tied(twice))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6), ours, jaxs)
    assert any((a != b).any() for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(jaxs), strict=True))


def test_the_cotangent_of_an_edge_is_that_of_a_number_added_there() -> None:
    graph = Graph([Node(Linear(4), "a"), Node(Tanh(), "b"), Node(Linear(2), "c")])
    variables = graph.init(jax.random.key(0), X)
    _, _, gradients = reverse(graph).run(variables, X, edges=("a", "b"))
    probed = Graph(
        [Node(Linear(4), "a", ("x",)), Node(Add(), "plus", ("a", "probe")), Node(Tanh(), "b"), Node(Linear(2), "c")],
        ["x", "probe"],
    )
    _, _, wanted = grad_of_sum(probed, variables, X, jnp.zeros((5, 4)))
    np.testing.assert_allclose(gradients.wires["a"], wanted, rtol=1e-6)
    np.testing.assert_allclose(gradients.wires["b"], jnp.ones((5, 2)) @ variables.params["c"]["weight"], rtol=1e-6)


def test_an_edge_in_a_graph_in_the_graph_goes_by_its_path() -> None:
    block = Graph([Node(Linear(4), "a"), Node(Tanh(), "b")])
    inner = Graph([Node(Graph([Node(block, "block"), Node(Linear(2), "c")]), "outer"), Node(ReLU(), "d")])
    flat = Graph([*block.nodes, Node(Linear(2), "c"), Node(ReLU(), "d")])
    variables = inner.init(jax.random.key(0), X)
    params = variables.params["outer"]
    own = variables._replace(params={**params["block"], "c": params["c"]})
    _, _, gradients = reverse(inner).run(variables, X, edges=("outer/block/a", "outer/c"))
    _, _, wanted = reverse(flat).run(own, X, edges=("a", "c"))
    np.testing.assert_array_equal(gradients.wires["outer/block/a"], wanted.wires["a"])
    np.testing.assert_array_equal(gradients.wires["outer/c"], wanted.wires["c"])
    found = {**gradients.params["outer"]["block"], "c": gradients.params["outer"]["c"]}
    jax.tree.map(np.testing.assert_array_equal, found, wanted.params)
    jax.tree.map(np.testing.assert_array_equal, *gradients_of(inner))


def test_the_same_compiled_cost_as_jax() -> None:
    x = jnp.ones((64, 32))
    graph = Graph(
        [Linear(64), ReLU(), Node(Linear(64)), Node(Tanh()), Node(Add(), inputs=("relu_1", "tanh_1")), Linear(8)]
    )
    variables = graph.init(jax.random.key(0), x)
    ours = jax.jit(lambda *a: reverse(graph).run(*a)[2]).lower(variables, x).compile()
    jaxs = jax.jit(lambda *a: grad_of_sum(graph, *a)).lower(variables, x).compile()
    assert ours.cost_analysis()["flops"] == pytest.approx(jaxs.cost_analysis()["flops"], rel=0.02)
    temporary = [program.memory_analysis().temp_size_in_bytes for program in (ours, jaxs)]
    assert temporary[0] == pytest.approx(temporary[1], rel=0.02)


def test_under_vmap() -> None:
    variables = DIAMOND.init(jax.random.key(0), X)
    xs = jax.random.normal(jax.random.key(3), (4, 5, 3))
    batched = jax.vmap(lambda x: reverse(DIAMOND).run(variables, x)[2].wires["x"])(xs)
    for x, dx in zip(xs, batched, strict=True):
        np.testing.assert_allclose(dx, grad_of_sum(DIAMOND, variables, x)[1], rtol=1e-5, atol=1e-6)


@pytest.mark.quick
def test_an_edge_that_does_not_exist_is_refused() -> None:
    with pytest.raises(GraphError, match=r"no edge 'stme'.*did you mean 'stem'"):
        reverse(DIAMOND).run(DIAMOND.init(jax.random.key(0), X), X, edges=("stme",))
    with pytest.raises(GraphError, match=r"wants names of wires, as \['stem'\]"):
        reverse(DIAMOND).run(DIAMOND.init(jax.random.key(0), X), X, edges="stem")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(NODES, st.lists(PICK, max_size=2))
def test_any_graph_agrees_with_jax(drawn: list[tuple[str, float, float]], more_outputs: list[float]) -> None:
    graph = graph_of(drawn, more_outputs)
    variables = graph.init(jax.random.key(0), X)
    _, _, gradients = reverse(graph).run(variables, X)
    params, dx = grad_of_sum(graph, variables, X)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), gradients.params, params)
    np.testing.assert_allclose(gradients.wires["x"], dx, rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("unchecked")
def test_what_is_no_graph_is_told() -> None:
    with pytest.raises(GraphError, match="reverse wants a Graph and got a Linear"):
        reverse(Linear(3))  # type: ignore[arg-type]
