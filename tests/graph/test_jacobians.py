"""The lecture's A1 and A2 as executable statements: ∂C/∂w is the product of Jacobians along paths, summed over them."""

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from fnbackprop import Context, Graph, GraphError, Node, Variables, jacobians, reverse
from fnbackprop.graph import paths, sum_over_paths
from fnbackprop.modules import Add, Dropout, Function, Linear, Max, ReLU, Sigmoid, Tanh

X = jax.random.normal(jax.random.key(1), (2, 3))


def half_square(y: Array) -> Array:
    return jnp.sum(y**2) / 2


COST = Node(Function(half_square), "C")
GRAPHS = {
    "chain": [Node(Linear(4), "a"), Tanh(), Node(Linear(2), "b"), COST],
    "diamond": [
        Node(Linear(4), "a"),
        Node(ReLU(), "left", ("a",)),
        Node(Sigmoid(), "right", ("a",)),
        Node(Max(), inputs=("left", "right")),
        COST,
    ],
    "fan-out of 3": [
        Node(Linear(4), "a"),
        Node(ReLU(), "one", ("a",)),
        Node(Tanh(), "two", ("a",)),
        Node(Add(), inputs=("one", "a", "two")),
        COST,
    ],
    "tied weights": [Node(Linear(3), "a"), Tanh(), Node(Linear(3), tied="a"), Tanh(), Node(Linear(3), tied="a"), COST],
}
NUMBER_OF_PATHS = {"chain": 1, "diamond": 2, "fan-out of 3": 3, "tied weights": 3}


def test_the_gradient_is_a_product_of_three() -> None:
    """A1 and A2: ∂C/∂w = 1 · ∂C/∂ȳ · ∂G/∂w, which are 1×N, 1×M and M×N."""

    def cost(y: Array, target: Array) -> Array:
        return jnp.sum((target - y) ** 2)

    graph = Graph([Node(Linear(4, bias=False), "G", ("x",)), Node(Function(cost), "C", ("y", "G"))], ["x", "y"])
    y = jax.random.normal(jax.random.key(2), (2, 4))
    variables = graph.init(jax.random.key(0), X, y)
    found = jacobians(graph, variables, X, y)
    M, N = 2 * 4, 4 * 3
    assert (found["C", "G"].shape, found["G", "G.params.weight"].shape) == ((1, M), (M, N))
    gradient = jnp.ones((1, 1)) @ found["C", "G"] @ found["G", "G.params.weight"]
    assert gradient.shape == (1, N)
    x, w, t = (np.asarray(a, np.float64) for a in (X, variables.params["G"]["weight"], y))
    np.testing.assert_allclose(gradient, (2 * (x @ w.T - t).T @ x).reshape(1, N), rtol=1e-5)


@pytest.mark.parametrize("name", GRAPHS)
def test_products_along_every_path_sum_to_the_gradient(name: str) -> None:
    graph = Graph(GRAPHS[name])
    variables = graph.init(jax.random.key(0), X)

    @jax.jit
    def all_three(params: Any) -> Any:
        def cost(params: Any) -> Array:
            return graph.apply(Variables(params), X)[0][0]

        gradients = reverse(graph).run(Variables(params), X, edges=("a",))[2]
        return jacobians(graph, Variables(params), X), gradients, jax.grad(cost)(params)

    found, gradients, wanted = all_three(variables.params)
    along: list[Any] = []
    for path in paths(found, "C", "a.params.weight"):
        product = jnp.ones((1, 1))
        for pair in pairwise(path):
            product = product @ found[pair]
        along.append(product)
    assert len(along) == NUMBER_OF_PATHS[name]

    np.testing.assert_allclose(sum(along)[0], wanted["a"]["weight"].ravel(), rtol=1e-4, atol=1e-6)
    for wire in ("x", "a"):
        np.testing.assert_allclose(
            sum_over_paths(found, "C", wire)[0], gradients.wires[wire].ravel(), rtol=1e-4, atol=1e-6
        )
    bias = sum_over_paths(found, "C", "a.params.bias")[0]
    np.testing.assert_allclose(bias, gradients.params["a"]["bias"], rtol=1e-4, atol=1e-6)


@pytest.mark.quick
def test_the_jacobians_of_a_node_by_hand() -> None:
    graph = Graph([Node(ReLU(), "r"), Node(Add(), "sum", ("r", "x"))])
    found = jacobians(graph, graph.init(jax.random.key(0), X[:1]), jnp.array([[-1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(found["r", "x.duplicate.0"], np.diag([0, 1, 1]))
    np.testing.assert_array_equal(sum_over_paths(found, "sum", "x"), np.diag([1, 2, 2]))
    assert set(paths(found, "sum", "x")) == {("sum", "r", "x.duplicate.0", "x"), ("sum", "x.duplicate.1", "x")}


@pytest.mark.quick
def test_tokens_and_several_outputs() -> None:
    def both(table: Array, tokens: Array) -> tuple[Array, Array]:
        return table[tokens], tokens + 1

    graph = Graph([Node(Function(both, output_count=2), "f", ("x", "t"))], ["x", "t"])
    found = jacobians(graph, graph.init(jax.random.key(0), X, jnp.array([1])), X, jnp.array([1]))
    assert list(found) == [("f.0", "x")]
    np.testing.assert_array_equal(found["f.0", "x"], np.eye(6)[3:])


@pytest.mark.quick
def test_dropouts_jacobian_is_its_mask() -> None:
    graph = Graph([Node(Dropout(), "d")])
    variables, context = graph.init(jax.random.key(0), X), Context(jax.random.key(3), train=True)
    ones = jnp.ones_like(X)
    mask = jax.jit(lambda: graph.apply(variables, ones, context=context)[0][0])()
    found = jax.jit(lambda: jacobians(graph, variables, X, context=context))()
    np.testing.assert_array_equal(found["d", "x"], np.diag(np.asarray(mask).ravel()))


@pytest.mark.quick
def test_refused() -> None:
    graph = Graph([Node(Linear(100, bias=False), "wide"), Node(Add(), "sum", ("wide", "wide"))])
    variables, x = graph.init(jax.random.key(0), X), jnp.ones((100, 3))
    with pytest.raises(GraphError, match=r"node 'wide'.*∂wide/∂x would be 10,000×300.*fewer exam.*reverse\(graph\)"):
        jacobians(graph, variables, x)
    small = jacobians(graph, variables, X)
    with pytest.raises(GraphError, match=r"no path leads from 'y' to 'sum'; a path joins two of .*wide\.params\.w"):
        sum_over_paths(small, "sum", "y")
    doubled = {(f"n{i + 1}", f"{j}{i}"): jnp.ones((1, 1)) for i in range(15) for j in "ab"}
    doubled |= {(f"{j}{i}", f"n{i}"): jnp.ones((1, 1)) for i in range(15) for j in "ab"}
    assert sum_over_paths(doubled, "n4", "n0") == 2**4
    with pytest.raises(GraphError, match=r"more than 10,000 paths lead from 'n0' to 'n14'"):
        sum_over_paths(doubled, "n14", "n0")


def test_dead_ends_do_not_outnumber_the_paths() -> None:
    # 60 diamonds in a row lie beside the only path from the last weight: 2⁶⁰ ways that lead nowhere.
    pairs = {("y", "w"): None, ("y", "d60"): None}
    for i in range(60):
        pairs |= {(f"d{i + 1}", side): None for side in (f"a{i}", f"b{i}")}
        pairs |= {(side, f"d{i}"): None for side in (f"a{i}", f"b{i}")}
    assert list(paths(pairs, "y", "w")) == [("y", "w")]
    assert list(paths(pairs, "y", "nothing")) == []
