"""While is its block written out as often as the data ask for, values and gradients."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from fnbackprop import Context, Graph, Module, Node, Repeat, ShapeError, Variables, While
from fnbackprop.graph import reverse
from fnbackprop.modules import Above, Dropout, Linear, Softmax, Tanh

BOUND = 4
LOOP = While([Linear(3), Tanh()], Above(0.5), BOUND)
GRAPH = Graph([Node(LOOP, "loop")])
# The root mean square of the result is a third of the input's, while it is small: the scale sets the number of trips.
WEIGHT = jnp.diag(jnp.array([0.3, 0.33, 0.36])) + 0.01
DIRECTION = jnp.array([[1.0, -1.1, 0.9], [0.8, 1.0, 1.2]])
VARIABLES = GRAPH.init(jax.random.key(0), DIRECTION)._replace(
    params={"loop": {"block": {"linear_1": {"weight": WEIGHT, "bias": jnp.array([0.02, -0.01, 0.03])}}}}
)
TRIPS = {0.3: 0, 1.2: 1, 5.0: 2}


def step(params: Any, x: Array) -> Array:
    own = params["loop"]["block"]["linear_1"]
    return jnp.tanh(x @ own["weight"].T + own["bias"])


def twin(params: Any, x: Array, bound: int = BOUND) -> tuple[Array, int]:
    """Written out in plain JAX, its condition decided by Python."""
    trips = 0
    while trips < bound and float(jax.lax.stop_gradient(jnp.sqrt(jnp.mean(x**2)))) > 0.5:
        x, trips = step(params, x), trips + 1
    return x, trips


def close(got: Any, wanted: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), got, wanted)


@partial(jax.jit, static_argnums=(2, 3))
def gradients(params: Any, x: Array, derivatives: Any = "rules", loop: While = LOOP) -> Any:
    def total(params: Any, x: Array) -> Array:
        context = Context(derivatives=derivatives)
        variables = VARIABLES._replace(params=params)
        return jnp.sum(jnp.sin(Graph([Node(loop, "loop")]).apply(variables, x, context=context)[0][0]))

    return jax.value_and_grad(total, (0, 1))(params, x)


def twin_gradients(x: Array, bound: int = BOUND) -> Any:
    return jax.value_and_grad(lambda params, x: jnp.sum(jnp.sin(twin(params, x, bound)[0])), (0, 1))(
        VARIABLES.params, x
    )


@pytest.mark.parametrize("derivatives", ["rules", "reference"])
@pytest.mark.parametrize("scale", TRIPS)
def test_values_and_gradients_are_those_of_the_block_written_out(scale: float, derivatives: Any) -> None:
    x = scale * DIRECTION
    assert twin(VARIABLES.params, x)[1] == TRIPS[scale]
    close(gradients(VARIABLES.params, x, derivatives), twin_gradients(x))


@pytest.mark.quick
def test_no_trip_is_the_input_and_teaches_the_block_nothing() -> None:
    value, (dparams, dx) = gradients(VARIABLES.params, 0.3 * DIRECTION)
    np.testing.assert_allclose(value, jnp.sum(jnp.sin(0.3 * DIRECTION)))
    np.testing.assert_allclose(dx, jnp.cos(0.3 * DIRECTION))
    assert not any(leaf.any() for leaf in jax.tree.leaves(dparams))


@pytest.mark.quick
@pytest.mark.parametrize("derivatives", ["rules", "reference"])
def test_a_loop_that_would_go_on_ends_at_its_bound(derivatives: Any) -> None:
    forever = While([Linear(3), Tanh()], lambda x: jnp.bool_(True), 3)
    params, y = VARIABLES.params, DIRECTION
    for _ in range(3):
        y = step(params, y)
    value, _ = got = gradients(params, DIRECTION, derivatives, forever)
    np.testing.assert_allclose(value, jnp.sum(jnp.sin(y)), rtol=1e-6)

    def repeated(params: Any, x: Array) -> Array:
        own = jax.tree.map(lambda leaf: leaf, params["loop"]["block"])
        return jnp.sum(jnp.sin(Repeat([Linear(3), Tanh()], 3, "tied").apply(Variables(own), x)[0][0]))

    close(got, jax.value_and_grad(repeated, (0, 1))(params, DIRECTION))


def test_under_vmap_each_example_makes_its_own_trips_and_infinite_derivatives_stay_out() -> None:
    # Where it stops, at 0 or below, the block is NaN and its derivative infinite.
    loop = While(lambda x: jnp.sqrt(x) - 0.5, lambda x: x > 0, 3)

    def twin(x: Array) -> Array:
        trips = 0
        while trips < 3 and x > 0:
            x, trips = jnp.sqrt(x) - 0.5, trips + 1
        return x

    xs = jnp.array([0.0, 0.25, 0.3, 4.0])
    got = jax.vmap(jax.value_and_grad(lambda x: loop.apply(Variables(), x)[0][0]))(xs)
    close(got, tuple(jnp.stack(each) for each in zip(*map(jax.value_and_grad(twin), xs), strict=True)))


def test_vmap_sums_the_parameters_gradient_over_the_examples() -> None:
    xs = jnp.stack([scale * DIRECTION for scale in TRIPS])

    def total(params: Any) -> Array:
        return jnp.sum(jnp.sin(jax.vmap(lambda x: GRAPH.apply(VARIABLES._replace(params=params), x)[0][0])(xs)))

    each = [twin_gradients(x)[1][0] for x in xs]
    close(jax.jit(jax.grad(total))(VARIABLES.params), jax.tree.map(lambda *leaves: sum(leaves), *each))


def test_the_gradient_graph_runs_it_and_the_reference_has_forward_mode_and_second_order() -> None:
    x = 1.2 * DIRECTION
    _, _, got = jax.jit(lambda variables, x: reverse(GRAPH).run(variables, x))(VARIABLES, x)
    wanted = jax.grad(lambda params, x: jnp.sum(twin(params, x)[0]), (0, 1))(VARIABLES.params, x)
    close((got.params, got.wires["x"]), wanted)

    def total(x: Array) -> Array:
        return jnp.sum(jnp.sin(GRAPH.apply(VARIABLES, x, context=Context(derivatives="reference"))[0][0]))

    tangent = jnp.ones_like(x)
    _, second = jax.jvp(jax.grad(total), (x,), (tangent,))
    _, expected = jax.jvp(jax.grad(lambda x: jnp.sum(jnp.sin(step(VARIABLES.params, x)))), (x,), (tangent,))
    close(second, expected)


class Shrink(Module):
    """Divides by a state of its own, which grows by one each time."""

    def init(self, key: Array, *specs: Any) -> Variables:
        return Variables(state=jnp.float32(1))

    def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> tuple[tuple[Array], Array]:
        return (x / variables.state,), variables.state + 1


@pytest.mark.parametrize("derivatives", ["rules", "reference"])
def test_state_is_carried_from_trip_to_trip(derivatives: Any) -> None:
    loop = While([Shrink()], Above(0.3), 9)
    variables = loop.init(jax.random.key(0), jnp.ones(2))
    context = Context(train=True, derivatives=derivatives)
    # 1, 1 / 2, 1 / 2 / 3
    (y,), pullback, state = jax.vjp(lambda x: loop.apply(variables, x, context=context), jnp.ones(2), has_aux=True)
    np.testing.assert_allclose(y, 1 / 6, rtol=1e-6)
    assert state == {"block": {"shrink_1": 4}}
    np.testing.assert_allclose(pullback((jnp.ones(2),))[0], 1 / 6, rtol=1e-6)


@pytest.mark.parametrize("derivatives", ["rules", "reference"])
def test_each_trip_has_randomness_of_its_own_and_the_backward_pass_the_same(derivatives: Any) -> None:
    loop, ones = While(Dropout(0.5), lambda x: jnp.bool_(True), 2), jnp.ones((1, 64))
    variables = loop.init(jax.random.key(0), ones)
    context = Context(jax.random.key(3), train=True, derivatives=derivatives)
    (y,), pullback, _ = jax.vjp(lambda x: loop.apply(variables, x, context=context), ones, has_aux=True)
    wanted = ones
    for i in range(2):
        own = Context(jax.random.fold_in(jax.random.key(3), i), train=True)
        (wanted,), _ = Dropout(0.5).apply(Variables(options={"rate": 0.5}), wanted, context=own)
    np.testing.assert_array_equal(y, wanted)
    np.testing.assert_array_equal(pullback((ones,))[0], wanted)


@pytest.mark.quick
def test_half_precision_gradients_are_summed_in_float32() -> None:
    # Each trip adds 1 to the weight's gradient; bfloat16 would stop counting at 256.
    class Shift(Module):
        def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> Any:
            return (x + variables.params,), ()

    loop = While(Shift(), lambda x: jnp.bool_(True), 300)

    def total(weight: Array) -> Array:
        return loop.apply(Variables({"block": weight}), jnp.bfloat16(0))[0][0]

    assert jax.grad(total)(jnp.bfloat16(0)) == 300


@pytest.mark.quick
def test_what_its_output_means_may_be_what_its_input_means() -> None:
    assert Graph([Softmax(), LOOP]).produces == "probabilities"
    assert While(Softmax(), Above(1.0), 2).produces == "probabilities"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("loop", "x", "message"),
    [
        (
            While(Linear(4), Above(1.0), 2),
            DIRECTION,
            r"While got a block that makes float32\[2, 4\] of float32\[2, 3\]",
        ),
        (While(Linear(3), Linear(1), 2), DIRECTION, r"float32\[2, 1\] from its condition; it wants one Boolean"),
        (While(Linear(3), lambda x: x > 0, 2), DIRECTION, r"bool\[2, 3\] from its condition.*as by jnp.any"),
        (While(lambda x: x, Above(1.0), 2), jnp.arange(3), r"While got int32\[3\]; it wants floating-point"),
    ],
)
def test_blocks_conditions_and_inputs_that_do_not_fit_are_refused(loop: While, x: Array, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Graph([loop]).init(jax.random.key(0), x)


@pytest.mark.quick
def test_a_bound_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        While(Linear(3), Above(1.0), 0)


def test_its_work_is_that_of_every_trip_it_may_make_run_twice_forward() -> None:
    block = LOOP.block.work(Variables(VARIABLES.params["loop"]["block"]), DIRECTION)
    asked = Variables(options=VARIABLES.options["loop"]["condition"])
    condition = LOOP.condition.work(asked, DIRECTION)
    loop = GRAPH.work(VARIABLES, DIRECTION)
    assert loop.forward_flops == BOUND * (block.forward_flops + condition.forward_flops)
    assert loop.backward_flops == BOUND * (block.forward_flops + block.backward_flops)


def test_a_loop_that_has_stopped_does_not_start_again() -> None:
    # Whether it goes on is drawn anew for each trip.
    loop = While(lambda x: x + 1, lambda x, key: jax.random.bernoulli(key), 8)
    for seed in range(5):
        wanted = 0
        while jax.random.bernoulli(jax.random.fold_in(jax.random.key(seed), 8 + wanted)):
            wanted += 1
        for derivatives in ("rules", "reference"):
            context = Context(jax.random.key(seed), derivatives=derivatives)
            assert loop.apply(Variables(), jnp.float32(0), context=context)[0][0] == wanted
