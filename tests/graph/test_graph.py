"""A graph computes what its nodes compute, and differentiates as JAX does the graph of their references."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from fnbackprop import Context, Graph, Module, Node, ShapeError, Variables
from fnbackprop.modules import Add, Dropout, Duplicate, Linear, LogSoftmax, Max, ReLU, Sigmoid, Softmax, Tanh

X = jax.random.normal(jax.random.key(1), (5, 3))
GRAPHS = {
    "chain": Graph([Linear(4), ReLU(), Linear(2), LogSoftmax()]),
    "skip": Graph([Linear(3), Tanh(), Node(Add(), inputs=("tanh_1", "x"))]),
    "diamond": Graph(
        [
            Linear(4),
            Node(ReLU(), "left"),
            Node(Sigmoid(), "right", ("linear_1",)),
            Node(Max(), inputs=("left", "right")),
        ]
    ),
    "fan-out of 3": Graph(
        [
            Node(Linear(4), "stem"),
            Node(ReLU(), "a", ("stem",)),
            Node(Tanh(), "b", ("stem",)),
            Node(Sigmoid(), "c", ("stem",)),
            Node(Add(), inputs=("a", "b", "c")),
        ]
    ),
    "tied weights": Graph([Node(Linear(3), "first"), ReLU(), Node(Linear(3), "second", tied="first")]),
    "several outputs": Graph([Node(Linear(4), "a"), Node(Tanh(), "b"), Node(Linear(2), "c")], outputs=["a", "c", "b"]),
    "graph in a graph": Graph(
        [Linear(3), Node(Graph([Linear(3), ReLU()]), "block"), Node(Add(), inputs=("block", "x"))]
    ),
    "a plain function": Graph([Linear(3), jnp.sin]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_equal_those_of_the_reference_graph(name: str) -> None:
    graph = GRAPHS[name]
    variables = graph.init(jax.random.key(0), X)
    reference = Graph(graph.nodes, graph.inputs, graph.outputs, derivatives="reference")

    def total(params: Any, x: Array, graph: Graph) -> Array:
        outputs, _ = graph.apply(variables._replace(params=params), x)
        # Different for each output and entry, so that no two cotangents are alike.
        return sum(jnp.sum(y * jnp.cos(jnp.arange(y.size) + i).reshape(y.shape)) for i, y in enumerate(outputs))

    got = jax.jit(jax.grad(total, (0, 1)), static_argnums=2)(variables.params, X, graph)
    wanted = jax.grad(total, (0, 1))(variables.params, X, reference)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6), got, wanted)


def test_values_of_a_diamond() -> None:
    graph = GRAPHS["diamond"]
    variables = graph.init(jax.random.key(0), X)
    (y,), _ = graph.apply(variables, X)
    weight, bias = (np.asarray(variables.params["linear_1"][name], np.float64) for name in ("weight", "bias"))
    s = np.asarray(X, np.float64) @ weight.T + bias
    np.testing.assert_allclose(y, np.maximum(np.maximum(s, 0), 1 / (1 + np.exp(-s))), rtol=1e-6)


def test_tied_parameters_stand_once_and_their_cotangents_are_summed() -> None:
    graph = GRAPHS["tied weights"]
    variables = graph.init(jax.random.key(0), X)
    assert list(variables.params) == ["first"]
    untied = Graph([Node(Linear(3), "first"), ReLU(), Node(Linear(3), "second")])

    def total(params: Any, graph: Graph) -> Array:
        return jnp.sum(graph.apply(Variables(params), X)[0][0] ** 2)

    tied = jax.grad(total)(variables.params, graph)["first"]
    both = jax.grad(total)({"first": variables.params["first"], "second": variables.params["first"]}, untied)
    jax.tree.map(lambda t, a, b: np.testing.assert_allclose(t, a + b, rtol=1e-5), tied, both["first"], both["second"])


@pytest.mark.quick
def test_a_reference_graph_has_forward_mode() -> None:
    graph = Graph([Linear(2), Tanh()], derivatives="reference")
    variables = graph.init(jax.random.key(0), X)
    forward = jax.jacfwd(lambda x: graph.apply(variables, x)[0][0])(X[0])
    reverse = jax.jacrev(lambda x: Graph(graph.nodes).apply(variables, x)[0][0])(X[0])
    np.testing.assert_allclose(forward, reverse, rtol=1e-5)


@dataclass(frozen=True)
class Count(Module):
    """Counts how often it ran in training."""

    def init(self, key: Array, *specs: jax.ShapeDtypeStruct) -> Variables:
        return Variables(state=jnp.int32(0))

    def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> tuple[tuple[Array], Array]:
        return (x,), variables.state + context.train


def test_state_is_carried_by_node_through_graphs_in_graphs() -> None:
    graph = Graph([ReLU(), Node(Graph([Count(), ReLU()]), "block"), Count()])
    variables = graph.init(jax.random.key(0), X)
    _, state = graph.apply(variables, X, context=Context(train=True))
    assert jax.tree.map(int, state) == {"block": {"count_1": 1}, "count_1": 1}
    assert jax.tree.structure(state) == jax.tree.structure(variables.state)
    _, state = graph.apply(variables._replace(state=state), X)
    assert jax.tree.map(int, state) == {"block": {"count_1": 1}, "count_1": 1}


def test_each_node_has_randomness_of_its_own_that_other_nodes_do_not_change() -> None:
    context = Context(jax.random.key(3), train=True)
    ones = jnp.ones((4, 64))

    def drop(graph: Graph) -> Array:
        return graph.apply(graph.init(jax.random.key(0), ones), ones, context=context)[0][0]

    alone = drop(Graph([Node(Dropout(), "drop")]))
    np.testing.assert_array_equal(alone, drop(Graph([Node(ReLU(), "before"), Node(Dropout(), "drop")])))
    assert (alone != drop(Graph([Node(Dropout(), "other")]))).any()


def test_a_rate_can_be_swept_with_vmap() -> None:
    graph = Graph([Dropout()])
    variables = graph.init(jax.random.key(0), jnp.ones((1, 1000)))
    rates = {"dropout_1": {"rate": jnp.array([0.1, 0.9])}}
    run = jax.vmap(
        lambda options: graph.apply(
            variables._replace(options=options), jnp.ones((1, 1000)), context=Context(jax.random.key(0), train=True)
        )[0][0]
    )
    few, many = (run(rates) == 0).mean(axis=(1, 2))
    assert abs(few - 0.1) < 0.05
    assert abs(many - 0.9) < 0.05


@pytest.mark.quick
@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            Graph([Linear(4), Node(Add(), inputs=("linear_1", "x"))]),
            r"node 'add_1' \(Add\(\)\).*float32\[5, 4\], float32\[5, 3\]",
        ),
        (Graph([Duplicate(copies=2), ReLU()]), "node 'relu_1'.*cannot take 2 inputs"),
        (
            Graph([Node(Linear(4), "a"), Node(Linear(4), "b", tied="a")]),
            r"tied to 'a', whose parameters are.*\[4, 3\].*\[4, 4\]",
        ),
        (
            Graph([Node(Graph([Linear(2), Node(Add(), "join", ("linear_1", "x"))]), "block")]),
            "node 'block'.*node 'join'",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_shape(graph: Graph, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        graph.init(jax.random.key(0), X)


@pytest.mark.quick
def test_an_error_while_running_says_in_a_note_which_node_it_was() -> None:
    def fail(x: Array) -> Array:
        raise OverflowError("too much")

    with pytest.raises(OverflowError, match="too much") as caught:
        Graph([ReLU(), fail]).apply(Variables(), X)
    assert caught.value.__notes__[-1] == "This was node 'fail_1' (fail()), which reads relu_1 of float32[5, 3]."


@pytest.mark.quick
def test_what_its_output_means_is_seen_through_dropout_and_copies() -> None:
    assert Graph([Linear(2), Softmax(), Dropout()]).produces == "probabilities"
    assert Graph([Linear(2), LogSoftmax()]).produces == "log-probabilities"
    assert Graph([Linear(2), Graph([Softmax()])]).produces == "probabilities"
    assert Graph([Softmax(), Linear(2)]).produces == "values"


def test_initial_weights_depend_on_the_key_and_the_name_alone() -> None:
    one, two = (
        Graph(nodes).init(jax.random.key(0), X) for nodes in ([Node(Linear(3), "a")], [ReLU(), Node(Linear(3), "a")])
    )
    np.testing.assert_array_equal(one.params["a"]["weight"], two.params["a"]["weight"])
    assert (
        one.params["a"]["weight"] != Graph([Node(Linear(3), "b")]).init(jax.random.key(0), X).params["b"]["weight"]
    ).any()
