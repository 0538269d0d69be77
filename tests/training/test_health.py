"""A step's health, against NumPy in float64, and that looking changes nothing."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

from fnbackprop import NonFiniteError
from fnbackprop.core.config import DataConfig, HealthConfig, PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY, SQUARED_ERROR
from fnbackprop.data import Examples
from fnbackprop.data.order import batch_indices
from fnbackprop.graph import Graph, Node, Repeat
from fnbackprop.modules import Dropout, Linear, ReLU, Tanh
from fnbackprop.training import Batch, Health, Loop, Recipe, TrainState, check_finite, initial_state, loop, train_step
from fnbackprop.training.batches import Order
from fnbackprop.training.health import _idle_shares, norm, places, watched, watched_step
from fnbackprop.training.look import FIGURES, Look, name_look

KEY = jax.random.key(5)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(6, 3)).astype(np.float32)
T = RANDOM.normal(size=(6, 2)).astype(np.float32)
RATE, ALPHA = 0.1, 0.01


def recipe_of(*modules: Any, cost: Any = SQUARED_ERROR, l2: float = 0.0) -> Recipe:
    schedule = optax.constant_schedule(RATE)
    return Recipe(Graph(modules), cost, PenaltiesConfig(l2=l2), optax.sgd(RATE), schedule, None)


def look_at(recipe: Recipe, state: TrainState, x: Any = X, t: Any = T) -> Health:
    def step(state: TrainState) -> Look:
        return watched_step(state, Batch(jnp.asarray(x), jnp.asarray(t)), recipe, KEY, HealthConfig())[2]

    return name_look(jax.device_get(jax.jit(step)(state)), watched(recipe.model), places(recipe.model))


def f64_norm(*arrays: np.ndarray) -> float:
    return float(np.sqrt(sum((array**2).sum() for array in arrays)))


@pytest.mark.quick
def test_the_figures_are_those_of_the_formulas() -> None:
    recipe = recipe_of(Linear(5), ReLU(), Linear(4), Tanh(), Linear(2), l2=ALPHA)
    state = initial_state(recipe, KEY, X)
    params = jax.tree.map(np.array, state.variables.params)
    params["linear_1"]["bias"][:2] = -100, 3  # one unit that is dead, and one that never is
    params["linear_2"]["weight"] *= 0.3
    params["linear_2"]["bias"][0] = -6  # a unit that is saturated whatever it reads
    state = state._replace(variables=state.variables._replace(params=params))
    _, nodes, non_finite = look_at(recipe, state)
    assert non_finite is None

    layers = {n: tuple(p[k].astype(np.float64) for k in ("weight", "bias")) for n, p in params.items()}
    (w1, b1), (w2, b2), (w3, b3) = (layers[f"linear_{i}"] for i in (1, 2, 3))
    x, t = X.astype(np.float64), T.astype(np.float64)
    y1 = x @ w1.T + b1
    h1 = np.maximum(y1, 0)
    y2 = h1 @ w2.T + b2
    h2 = np.tanh(y2)
    y3 = h2 @ w3.T + b3
    dy3 = 2 * (y3 - t) / len(x)
    dh2 = dy3 @ w3
    dy2 = dh2 * (1 - h2**2)
    dh1 = dy2 @ w2
    dy1 = dh1 * (y1 >= 0)
    outputs = dict(zip(nodes, ((y1, dy1), (h1, dh1), (y2, dy2), (h2, dh2), (y3, dy3)), strict=True))
    for name, (y, dy) in outputs.items():
        assert nodes[name]["output_norm"] == pytest.approx(f64_norm(y), rel=1e-5)
        assert nodes[name]["cotangent_norm"] == pytest.approx(f64_norm(dy), rel=1e-4)
    for name, read, dy in (("linear_1", x, dy1), ("linear_2", h1, dy2), ("linear_3", h2, dy3)):
        w, b = layers[name]
        # The gradient is the cost's alone; the update is of the penalty too.
        dw, db = dy.T @ read, dy.sum(0)
        update = RATE * f64_norm(dw + 2 * ALPHA * w, db) / f64_norm(w, b)
        figures = {"gradient_norm": f64_norm(dw, db), "weight_norm": f64_norm(w, b), "update_ratio": update}
        assert {n: nodes[name][n] for n in figures} == pytest.approx(figures, rel=1e-3)
        assert not {"dead", "saturated"} & nodes[name].keys()
    assert nodes["relu_1"].keys() == {"output_norm", "cotangent_norm", "dead", "saturated"}
    for name, idle in (("relu_1", h1 == 0), ("tanh_1", 1 - h2**2 < 0.05)):
        assert nodes[name]["dead"] == pytest.approx(idle.all(axis=0).mean())
        assert nodes[name]["saturated"] == pytest.approx(idle.mean())
        assert 0 < nodes[name]["dead"] < nodes[name]["saturated"] < 1


@pytest.mark.quick
@pytest.mark.parametrize("shape", [(6,), (6, 5), (6, 4, 5), (6, 2, 3, 5)])
def test_a_unit_is_dead_when_its_feature_is_idle_everywhere(shape: tuple[int, ...]) -> None:
    idle = RANDOM.random(shape) < 0.9
    idle[..., 0] = True
    dead, saturated = _idle_shares(ReLU(), jnp.float32(~idle), 0.05)
    assert float(saturated) == pytest.approx(idle.mean())
    # One number for each example is one unit.
    units = idle.reshape(-1, shape[-1] if len(shape) > 1 else 1)
    assert float(dead) == pytest.approx(units.all(axis=0).mean())


def test_tied_weights_are_told_of_at_their_owner() -> None:
    recipe = recipe_of(Node(Linear(3), "owner"), Node(Linear(3), "again", tied="owner"), Linear(2))
    nodes = look_at(recipe, initial_state(recipe, KEY, X)).nodes
    assert "gradient_norm" in nodes["owner"]
    assert "gradient_norm" not in nodes["again"]


def test_a_graph_in_the_graph_is_looked_into() -> None:
    block = Graph([Linear(5), ReLU(), Linear(3)])
    inside = recipe_of(Node(block, "block"), Linear(2))
    flat = recipe_of(*block.nodes, Node(Linear(2), "last"))
    state, other = initial_state(inside, KEY, X), initial_state(flat, KEY, X)
    params = {**state.variables.params["block"], "last": state.variables.params["linear_1"]}
    nodes = look_at(inside, state).nodes
    assert [*nodes] == ["block/linear_1", "block/relu_1", "block/linear_2", "linear_1"]
    wanted = look_at(flat, other._replace(variables=other.variables._replace(params=params))).nodes
    for figures, own in zip(nodes.values(), wanted.values(), strict=True):
        assert figures == pytest.approx(own, rel=1e-6)


def test_each_repetition_with_parameters_of_its_own_is_told_of() -> None:
    block = Graph([Linear(3), Tanh()])
    repeated = recipe_of(Linear(3), Node(Repeat(block, times=3), "deep"), Linear(2))
    state = initial_state(repeated, KEY, X)
    nodes = look_at(repeated, state).nodes
    assert [*nodes] == ["linear_1", "deep", "deep/0", "deep/1", "deep/2", "linear_2"]
    listed = recipe_of(Linear(3), *(Node(block, f"b{i}") for i in range(3)), Linear(2))
    unrolled, stacked = initial_state(listed, KEY, X), state.variables.params
    params = {name: stacked[name] for name in ("linear_1", "linear_2")}
    params |= {f"b{i}": jax.tree.map(lambda leaf, i=i: leaf[i], stacked["deep"]) for i in range(3)}
    wanted = look_at(listed, unrolled._replace(variables=unrolled.variables._replace(params=params))).nodes
    for i in range(3):
        own = {name: wanted[f"b{i}/linear_1"][name] for name in ("gradient_norm", "weight_norm", "update_ratio")}
        assert nodes[f"deep/{i}"] == pytest.approx(own, rel=1e-5)
    assert nodes["deep"].keys() == {"output_norm", "cotangent_norm"}
    assert nodes["deep"]["output_norm"] == pytest.approx(wanted["b2/tanh_1"]["output_norm"], rel=1e-5)
    tied = recipe_of(Linear(3), Repeat(block, times=3, parameters="tied"), Linear(2))
    assert "repeat_1/0" not in look_at(tied, initial_state(tied, KEY, X)).nodes


@pytest.mark.quick
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_a_norm_neither_vanishes_nor_overflows(size: float) -> None:
    assert float(norm([jnp.float32([3 * size]), jnp.float32([[4 * size, 0]])])) == pytest.approx(5 * size, rel=1e-6)
    assert float(norm(jnp.zeros(3))) == 0


def root(x: Array) -> Array:
    """0, with an infinite derivative."""
    return jnp.sqrt(x - jax.lax.stop_gradient(x))


def huge(x: Array) -> Array:
    """Finite, but its square is not."""
    return x + 1e30


def log_of_negative(x: Array) -> Array:
    return jnp.log(-jnp.abs(x))


@pytest.mark.parametrize(
    ("modules", "x", "place"),
    [
        ([Linear(2), log_of_negative, Linear(2)], X, "node 'log_of_negative_1', forward"),
        ([Linear(3), root, Linear(2), Linear(2)], X, "node 'root_1', backward"),
        ([Linear(2)], np.where(X.min() < X, X, np.inf).astype(np.float32), "the inputs"),
        ([Linear(2), huge], X, "the cost"),
    ],
    ids=["forward", "backward", "inputs", "cost"],
)
def test_the_first_place_that_is_not_finite(modules: list, x: np.ndarray, place: str) -> None:
    recipe = recipe_of(*modules)
    # Not a step that would be looked at anyway.
    state = initial_state(recipe, KEY, X)._replace(step=jnp.int32(1))
    assert look_at(recipe, state, x).non_finite == place


COUNT, BATCH = 50, 8
EXAMPLES = Examples(RANDOM.normal(size=(COUNT, 3)).astype(np.float32), RANDOM.integers(0, 4, COUNT).astype(np.int32))
DATA = DataConfig(batch_size=BATCH, shuffle="never")
MODEL = recipe_of(Linear(16), ReLU(), Dropout(), Linear(4), cost=CROSS_ENTROPY, l2=1e-3)


@pytest.fixture(scope="module")
def watched_loop() -> Loop:
    return Loop(MODEL, DATA, EXAMPLES, COUNT, KEY, start(), HealthConfig(every=3))


def start() -> TrainState:
    return initial_state(MODEL, KEY, EXAMPLES.inputs[:BATCH])


def run(loop: Loop) -> tuple[list[Health], TrainState]:
    """The looks of 20 steps, and the last state."""
    chunks = list(loop.chunks(start(), 20, 100))
    assert all(values.ndim == 1 for chunk in chunks for values in chunk.figures.values())
    return [health for chunk in chunks for health in chunk.health], jax.device_get(chunks[-1].state)


def test_chunks_do_not_change_it(watched_loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 1e9)
    looks, _ = run(watched_loop)
    assert [look.step for look in looks] == [0, 3, 6, 9, 12, 15, 18]
    assert all(look.nodes["linear_1"]["gradient_norm"] > 0 for look in looks)
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 0)
    assert run(watched_loop)[0] == looks


def test_only_looks_are_kept_and_no_more_than_fit_in_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 1e9)
    monkeypatch.setattr(loop, "_MOST_LOOKS", 2)
    short = Loop(MODEL, DATA, EXAMPLES, COUNT, KEY, start(), HealthConfig(every=2))
    _, looks = short._empty
    assert looks.held.figures.shape == (3, 4, len(FIGURES))
    chunks = [*short.chunks(start(), 20, 100)]
    assert max(chunk.last - chunk.first for chunk in chunks) == 4
    assert [health.step for chunk in chunks for health in chunk.health] == [*range(0, 20, 2)]


def test_it_changes_no_bit_of_the_training(watched_loop: Loop) -> None:
    looks, state = run(Loop(MODEL, DATA, EXAMPLES, COUNT, KEY, start()))
    assert looks == []
    jax.tree.map(np.testing.assert_array_equal, state, run(watched_loop)[1])


def test_off_it_is_the_plain_program(watched_loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loop, "_compile", lambda self, state: None)
    state, order, i = start(), Order(jnp.arange(COUNT)), jnp.int32(0)

    def plain(key: Array, state: TrainState, examples: Examples, order: Order, i: Array) -> tuple:
        indices, weights = batch_indices(order.indices, i, BATCH)
        batch = Batch(examples.inputs[indices], examples.targets[indices], weights)
        return train_step(state, batch, MODEL, key)

    def program(step: Any) -> str:
        return str(jax.make_jaxpr(step)(KEY, state, EXAMPLES, order, i))

    assert program(Loop(MODEL, DATA, EXAMPLES, COUNT, KEY, state)._steps.step) == program(plain)
    assert program(watched_loop._steps.step) != program(plain)


def test_training_stops_with_the_name_of_the_place(watched_loop: Loop) -> None:
    state = start()
    params = state.variables.params
    params["linear_2"]["bias"] = params["linear_2"]["bias"].at[0].set(jnp.nan)
    # Step 1 is not one that would be looked at anyway.
    text = "step 1: the loss is nan, first at node 'linear_2', forward; lower"
    chunk = next(watched_loop.chunks(state._replace(step=jnp.int32(1)), 20, 100))
    with pytest.raises(NonFiniteError, match=text):
        check_finite(chunk)
    (look,) = chunk.health
    assert (look.step, look.non_finite) == (1, "node 'linear_2', forward")
    assert np.isnan(look.nodes["linear_2"]["output_norm"])


def test_after_the_step_that_went_wrong_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 1e9)
    inputs = EXAMPLES.inputs.copy()
    inputs[4 * BATCH] = np.inf  # seen by step 4, of which the first chunk holds the first alone
    examples = EXAMPLES._replace(inputs=inputs)
    chunks = [*Loop(MODEL, DATA, examples, COUNT, KEY, start(), HealthConfig(every=3)).chunks(start(), 7, 100)]
    assert [health.step for health in chunks[1].health] == [3, 4]
    assert chunks[1].health[-1].non_finite == "the inputs"
    with pytest.raises(NonFiniteError, match="step 4: the loss is nan, first at the inputs"):
        check_finite(chunks[1])


def test_what_has_no_numbers_is_passed_over() -> None:
    def counted(x: Array) -> Array:
        return jnp.sum(x > 0, axis=-1, keepdims=True)

    def real(x: Array) -> Array:
        return x.astype(jnp.float32)

    recipe = recipe_of(Linear(4), counted, real, Linear(2), Repeat(Linear(2), times=0))
    _, nodes, non_finite = look_at(recipe, initial_state(recipe, KEY, X))
    assert non_finite is None
    assert "output_norm" not in nodes["counted_1"]
    assert nodes["linear_1"]["gradient_norm"] == 0
    assert nodes["linear_2"]["gradient_norm"] > 0
