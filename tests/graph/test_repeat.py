"""Repeat is its block written out, in a program whose size does not depend on how often."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from fnbackprop import Context, Graph, Module, Node, Repeat, ShapeError, Variables
from fnbackprop.graph import reverse
from fnbackprop.modules import Dropout, Linear, Softmax, Tanh
from fnbackprop.penalties import l2, penalty_sum

X = jax.random.normal(jax.random.key(1), (5, 3))
BLOCK = Graph([Linear(3, initializer="glorot_normal"), Tanh()])
TIMES = 5  # a loop; up to 4 are written out


def made(repeat: Repeat) -> tuple[Graph, Variables]:
    graph = Graph([Node(repeat, "repeat")])
    variables = graph.init(jax.random.key(0), X)
    # Biases other than 0, so that they matter.
    return graph, variables._replace(params=jax.tree.map(lambda leaf: leaf + 0.1, variables.params))


def unrolled(params: Any, x: Array, tied: bool) -> Array:
    """The block written out in plain JAX."""
    own = params["repeat"]["linear_1"]
    for i in range(TIMES):
        weight, bias = (own["weight"], own["bias"]) if tied else (own["weight"][i], own["bias"][i])
        x = jnp.tanh(x @ weight.T + bias)
    return x


def close(got: Any, wanted: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, wanted)


@pytest.mark.parametrize("remat", [False, True])
@pytest.mark.parametrize("parameters", ["stacked", "tied"])
def test_values_and_gradients_are_those_of_the_block_written_out(parameters: Any, remat: bool) -> None:
    graph, variables = made(Repeat(BLOCK, TIMES, parameters, remat))
    tied = parameters == "tied"

    def total(params: Any, x: Array, derivatives: Any) -> Array:
        (y,), _ = graph.apply(variables._replace(params=params), x, context=Context(derivatives=derivatives))
        return jnp.sum(y * jnp.cos(jnp.arange(15.0)).reshape(y.shape))

    wanted = jax.value_and_grad(
        lambda params, x: jnp.sum(unrolled(params, x, tied) * jnp.cos(jnp.arange(15.0)).reshape(5, 3)), (0, 1)
    )(variables.params, X)
    for derivatives in ("rules", "reference"):
        close(jax.jit(jax.value_and_grad(total, (0, 1)), static_argnums=2)(variables.params, X, derivatives), wanted)
    if not tied and not remat:
        _, dx = jax.jvp(lambda x: total(variables.params, x, "reference"), (X,), (jnp.ones_like(X),))
        close(dx, jnp.sum(wanted[1][1]))
        _, _, gradients = reverse(graph).run(variables, X)
        close(gradients.params, jax.grad(lambda params: jnp.sum(unrolled(params, X, tied)))(variables.params))


@pytest.mark.quick
@pytest.mark.parametrize("times", [1, 4, TIMES])
def test_stacked_repetitions_equal_the_same_blocks_in_a_graph(times: int) -> None:
    stacked, variables = made(Repeat(BLOCK, times))
    chain = Graph([Node(BLOCK, f"block_{i}") for i in range(times)])
    params = {f"block_{i}": jax.tree.map(lambda leaf, i=i: leaf[i], variables.params["repeat"]) for i in range(times)}
    # Two programs: each rounds as its compiler pleases.
    close(stacked.apply(variables, X)[0], chain.apply(Variables(params), X)[0])


@pytest.mark.quick
def test_each_repetition_begins_with_weights_of_its_own() -> None:
    params = Repeat(Linear(3), 3).init(jax.random.key(0), X).params
    assert params["weight"].shape == (3, 3, 3)
    assert (params["weight"][0] != params["weight"][1]).all()
    assert Repeat(Linear(3), 3, "tied").init(jax.random.key(0), X).params["weight"].shape == (3, 3)


@pytest.mark.quick
def test_no_repetition_is_the_input() -> None:
    graph, variables = made(Repeat(Linear(3), 0))
    np.testing.assert_array_equal(graph.apply(variables, X)[0][0], X)
    assert jax.tree.leaves(jax.grad(lambda v: graph.apply(v, X)[0][0].sum())(variables))[0].shape == (0, 3)
    np.testing.assert_array_equal(jax.grad(lambda x: graph.apply(variables, x)[0][0].sum())(X), 1)
    assert Graph([Softmax(), Repeat(Linear(3), 0)]).produces == "probabilities"
    assert Graph([Repeat(Softmax(), 1)]).produces == "probabilities"


class Count(Module):
    """Adds its option to a count of its own, and the count to its input."""

    def init(self, key: Array, *specs: Any) -> Variables:
        return Variables(state=jnp.float32(0), options=jnp.float32(1))

    def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> tuple[tuple[Array], Array]:
        count = variables.state + variables.options * context.train
        return (x + count,), count


@pytest.mark.parametrize("parameters", ["stacked", "tied"])
def test_state_and_options_are_each_repetitions_own(parameters: Any) -> None:
    repeat = Repeat(Graph([Count(), Linear(3)]), 3, parameters)
    variables = repeat.init(jax.random.key(0), X)
    variables = variables._replace(options={"count_1": jnp.array([1.0, 2.0, 3.0])})
    for step in (1, 2):
        _, state = repeat.apply(variables, X, context=Context(train=True))
        np.testing.assert_array_equal(state["count_1"], step * jnp.array([1.0, 2.0, 3.0]))
        variables = variables._replace(state=state)
    _, state = repeat.apply(variables, X)
    np.testing.assert_array_equal(state["count_1"], variables.state["count_1"])


def test_each_repetition_has_randomness_of_its_own() -> None:
    repeat, ones = Repeat(Dropout(0.5), 2), jnp.ones((1, 64))
    variables = repeat.init(jax.random.key(0), ones)
    (y,), _ = repeat.apply(variables, ones, context=Context(jax.random.key(3), train=True))
    once = jnp.ones((1, 64))
    for i in range(2):
        key = jax.random.fold_in(jax.random.key(3), i)
        (once,), _ = Dropout(0.5).apply(Variables(options={"rate": 0.5}), once, context=Context(key, train=True))
    np.testing.assert_array_equal(y, once)
    # With the same mask twice, half would be left.
    assert 4 <= jnp.count_nonzero(y) <= 28
    np.testing.assert_array_equal(repeat.apply(variables, ones)[0][0], ones)


@pytest.mark.quick
def test_the_program_does_not_grow_with_the_repetitions() -> None:
    def sizes(times: int) -> tuple[int, int]:
        repeat = Repeat(BLOCK, times)
        variables = jax.eval_shape(lambda: repeat.init(jax.random.key(0), X))
        run = jax.jit(jax.grad(lambda params: repeat.apply(Variables(params), X)[0][0].sum()))
        lowered = run.lower(variables.params)
        return len(lowered.as_text().splitlines()), len(lowered.compile().as_text().splitlines())

    (traced, compiled), (traced_256, compiled_256) = sizes(TIMES), sizes(256)
    assert traced_256 == traced
    assert compiled_256 < 1.03 * compiled


@pytest.mark.quick
def test_stacked_weights_are_penalised_as_weights() -> None:
    params = Repeat(BLOCK, TIMES).init(jax.random.key(0), X).params
    np.testing.assert_allclose(penalty_sum(l2, params, 2.0), 2 * np.sum(params["linear_1"]["weight"] ** 2), rtol=1e-6)


def test_it_holds_itself_and_maps_over_examples() -> None:
    nested = Repeat(Repeat(Linear(3), 2), 2)
    variables = nested.init(jax.random.key(0), X)
    assert variables.params["weight"].shape == (2, 2, 3, 3)
    weight, y = variables.params["weight"], X
    for i in range(2):
        for j in range(2):
            y = y @ weight[i, j].T
    close(jax.vmap(lambda x: nested.apply(variables, x)[0][0])(X), y)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("block", "x", "message"),
    [
        (Linear(4), X, r"makes float32\[5, 4\] of float32\[5, 3\].*as many features"),
        (lambda x: x > 0, X, r"makes bool\[5, 3\] of float32\[5, 3\]"),
    ],
)
def test_a_block_that_changes_its_input_is_refused(block: Any, x: Array, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Graph([Repeat(block, 2)]).init(jax.random.key(0), x)


@pytest.mark.quick
def test_a_negative_number_of_times_is_refused() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Repeat(Linear(3), -1)
