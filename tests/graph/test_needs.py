"""Which forward values each reversed node needs, against what the rules' formulas read."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Context, Graph, Node
from fnbackprop.graph import Need, kept_bytes, needs
from fnbackprop.modules import Add, Dropout, Flatten, Linear, Max, ReLU, Softmax, Tanh

pytestmark = pytest.mark.quick

X = jax.ShapeDtypeStruct((5, 3), np.float32)


def needs_of(
    graph: Graph, *, wanted: tuple[str, ...] | None = None, train: bool = False
) -> dict[str, tuple[Need, ...]]:
    variables = jax.eval_shape(lambda key: graph.init(key, X), jax.random.key(0))
    return needs(graph, variables, X, wanted=wanted, context=Context(jax.random.key(1), train=train))


def names(found: tuple[Need, ...]) -> set[tuple[str, str]]:
    return {(need.kind, need.name) for need in found}


def test_each_rule_needs_what_its_formula_reads() -> None:
    graph = Graph([Node(Linear(4), "a"), Node(Tanh(), "b"), Node(ReLU(), "c"), Node(Softmax(), "d")])
    found = needs_of(graph)
    assert names(found["a"]) == {("input", "x"), ("variable", "params.weight")}
    assert names(found["b"]) == {("input", "a")}
    assert names(found["c"]) == {("computed", "computed")}
    assert names(found["d"]) == {("output", "d")}


def test_relu_keeps_a_quarter_of_its_input() -> None:
    (need,) = needs_of(Graph([ReLU()]))["relu_1"]
    assert (need.spec.shape, need.spec.dtype, need.bytes) == ((5, 3), bool, 5 * 3 * 4 // 4)


def test_arrays_do_as_well_as_shapes() -> None:
    graph = Graph([Node(Linear(4), "a"), Node(Tanh(), "b")])
    x = jnp.ones((5, 3))
    assert needs(graph, graph.init(jax.random.key(0), x), x) == needs_of(graph)


def test_without_the_datas_cotangent_less_is_needed() -> None:
    found = needs_of(Graph([Node(Tanh(), "first"), Node(Linear(4), "a"), Node(Tanh(), "b")]), wanted=())
    assert found["first"] == ()
    assert names(found["a"]) == {("input", "first")}
    assert names(found["b"]) == {("input", "a")}


def test_dropout_needs_its_key_and_no_activation() -> None:
    found = needs_of(Graph([Node(Dropout(), "drop")]), train=True)["drop"]
    assert names(found) == {("key", "key"), ("variable", "options.rate")}
    assert not any(need.is_activation for need in found)
    assert needs_of(Graph([Node(Dropout(), "drop")]))["drop"] == ()


def test_tied_nodes_need_one_weight() -> None:
    found = needs_of(Graph([Node(Linear(3), "a"), Node(Linear(3), "b", tied="a")]))
    values = [next(need.value for need in found[name] if need.kind == "variable") for name in ("a", "b")]
    assert values == ["a.params.weight"] * 2


def test_an_array_that_several_nodes_keep_counts_once() -> None:
    graph = Graph(
        [
            Node(Softmax(), "s"),  # its output …
            Node(Tanh(), "left", ("s",)),  # … is these two's input, through a Duplicate
            Node(Flatten(), "flat", ("s",)),
            Node(Tanh(), "right", ("flat",)),  # … reshaped
            Node(Add(), "sum", ("left", "right")),
            Node(Max(), "larger", ("sum", "x")),
        ]
    )
    kept = kept_bytes(needs_of(graph))
    array = 4 * 5 * 3
    assert {name: size for name, size in kept.items() if size} == {"s": array, "larger": array // 4}
    alone = kept_bytes(needs_of(Graph([Tanh(), Tanh()])))
    assert alone == {"tanh_1": array, "tanh_2": array}
