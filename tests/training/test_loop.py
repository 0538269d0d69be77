"""The compiled loop: the same bits however it is cut, one compilation, one fetch a chunk, each example once."""

from contextlib import closing
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

from fnbackprop import NonFiniteError
from fnbackprop.core.config import DataConfig, PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY, SQUARED_ERROR
from fnbackprop.data import Examples
from fnbackprop.data.order import batch_indices
from fnbackprop.graph import Graph
from fnbackprop.modules import Dropout, Linear, ReLU
from fnbackprop.training import Batch, Loop, Recipe, TrainState, check_finite, initial_state, loop, train_step

KEY = jax.random.key(5)
COUNT, BATCH = 50, 8
RANDOM = np.random.default_rng(0)
# More than the loop is told to train on.
EXAMPLES = Examples(RANDOM.normal(size=(59, 3)).astype(np.float32), RANDOM.integers(0, 4, 59).astype(np.int32))
DATA = DataConfig(batch_size=BATCH)
TRACES: list[int] = []


def traced(x: Array) -> Array:
    """The identity, which notes that it is being traced."""
    TRACES.append(1)
    return x


def recipe_of(*modules: Any, rate: float = 1e-2, cost: Any = CROSS_ENTROPY) -> Recipe:
    schedule = optax.cosine_decay_schedule(rate, 100)
    return Recipe(Graph(modules), cost, PenaltiesConfig(l2=1e-3), optax.adam(schedule), schedule, None)


RECIPE = recipe_of(Linear(16), ReLU(), Dropout(), traced, Linear(4))


def start(recipe: Recipe = RECIPE, data: DataConfig = DATA) -> tuple[Loop, TrainState]:
    state = initial_state(recipe, jax.random.key(0), jax.ShapeDtypeStruct((data.batch_size, 3), np.float32))
    return Loop(recipe, data, EXAMPLES, COUNT, KEY, state), state


def run(monkeypatch: pytest.MonkeyPatch, seconds: float, report_every: int = 7, steps: int = 20) -> tuple:
    """The last state and all figures, with chunks of about so many seconds."""
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", seconds)
    trainer, state = start()
    chunks = list(trainer.chunks(state, steps, report_every))
    figures = {name: np.concatenate([c.figures[name] for c in chunks]) for name in chunks[0].figures}
    return chunks, jax.device_get(chunks[-1].state), figures


def assert_same_bits(a: Any, b: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_however_the_steps_are_cut_they_compute_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    long, state, figures = run(monkeypatch, 1e9, report_every=100)
    short, other_state, other_figures = run(monkeypatch, 0)
    assert len(long) < len(short) == 20
    assert_same_bits(state, other_state)
    assert_same_bits(figures, other_figures)


def test_a_run_that_goes_on_from_a_state_computes_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    _, state, _ = run(monkeypatch, 1e9)
    _, middle, _ = run(monkeypatch, 1e9, steps=11)
    trainer, _ = start()
    assert_same_bits(state, jax.device_get([*trainer.chunks(middle, 20, 7)][-1].state))


def test_chunks_end_where_reports_are_due_and_at_the_end_of_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks, _, _ = run(monkeypatch, 1e9, report_every=5)
    assert {5, 7, 10, 14, 15, 20} <= {chunk.last for chunk in chunks}
    assert [chunk.first for chunk in chunks[1:]] == [chunk.last for chunk in chunks[:-1]]
    assert sum(chunk.examples.sum() for chunk in chunks if chunk.last <= 7) == COUNT


def test_how_long_chunks_are_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 1e9)
    trainer, state = start()
    with closing(trainer.chunks(state, 7, 100)) as chunks:
        first = next(chunks)
    assert [first.last, *(chunk.last for chunk in trainer.chunks(first.state, 14, 100))] == [1, 7, 14]


def test_it_is_traced_once_for_all_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 0)
    _, state = start()
    TRACES.clear()
    trainer = Loop(RECIPE, DATA, EXAMPLES, COUNT, KEY, state)
    assert len(TRACES) == 1  # for the loop, and for the shapes of its figures
    TRACES.clear()
    lasts = [chunk.last for chunk in trainer.chunks(state, 9, 100)]
    assert lasts == list(range(1, 10))
    assert not TRACES


def test_a_chunk_is_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fetches = []
    fetch = jax.device_get
    monkeypatch.setattr(jax, "device_get", lambda tree: fetches.append(1) or fetch(tree))
    chunks, _, _ = run(monkeypatch, 1e9)
    assert len(fetches) == len(chunks) + 1  # the last is this test's own


def test_a_plain_loop_over_the_same_step_agrees() -> None:
    trainer, state = start()
    _, step_key = jax.random.split(KEY)
    plain = state
    step = jax.jit(lambda state, batch: train_step(state, batch, RECIPE, step_key))
    for i in range(2 * trainer.steps_per_epoch):
        order = trainer.order(i // trainer.steps_per_epoch)
        indices, weights = batch_indices(order, i % trainer.steps_per_epoch, BATCH)
        plain, _ = step(plain, Batch(EXAMPLES.inputs[indices], EXAMPLES.targets[indices], weights))
    # The loop comes last: it takes the memory of the state it is given.
    looped = [*trainer.chunks(state, 2 * trainer.steps_per_epoch, 100)][-1].state
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7), plain, looped)


def test_an_optimizer_may_begin_with_the_parameters_themselves() -> None:
    # As optax.contrib.prodigy does: the loop, which gives up the state's memory, takes no array twice.
    keeps = optax.GradientTransformation(lambda params: params, lambda updates, state, params=None: (updates, state))
    recipe = RECIPE._replace(optimizer=optax.chain(optax.sgd(0.1), keeps))
    trainer, state = start(recipe)
    before = jax.device_get(state.variables.params)
    after = [*trainer.chunks(state, 8, 100)][-1].state
    assert_same_bits(after.optimizer[1], before)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a != b).any()), after.variables.params, before))


@pytest.mark.quick
def test_the_ragged_last_batch_is_averaged_over_the_examples_it_has() -> None:
    # A linear model from zero weights and one step of SGD: the update is the mean gradient, known in closed form.
    recipe = Recipe(
        Graph([Linear(1, initializer="zeros", bias=False)]),
        SQUARED_ERROR,
        PenaltiesConfig(),
        optax.sgd(1.0),
        optax.constant_schedule(1.0),
        None,
    )
    x, t = RANDOM.normal(size=(5, 3)).astype(np.float32), RANDOM.normal(size=(5, 1)).astype(np.float32)
    data = DataConfig(batch_size=3, shuffle="never")
    state = initial_state(recipe, KEY, x[:3])
    chunks = [*Loop(recipe, data, Examples(x, t), 5, KEY, state).chunks(state, 2, 100)]
    assert [*np.concatenate([chunk.examples for chunk in chunks])] == [3, 2]
    w = 2 * (t[:3].T @ x[:3]) / 3
    w = w - 2 * (x[3:] @ w.T - t[3:]).T @ x[3:] / 2
    np.testing.assert_allclose(chunks[-1].state.variables.params["linear_1"]["weight"], w, rtol=1e-4)


def test_a_dropped_last_batch_is_never_seen() -> None:
    trainer, state = start(data=DataConfig(batch_size=BATCH, last_batch="drop"))
    assert trainer.steps_per_epoch == COUNT // BATCH
    chunks = [*trainer.chunks(state, trainer.steps_per_epoch, 100)]
    assert {*np.concatenate([chunk.examples for chunk in chunks])} == {BATCH}


def test_figures_are_those_of_their_step() -> None:
    trainer, state = start()
    figures = [*trainer.chunks(state, 3, 1)]
    rates = [float(chunk.figures["learning_rate"][0]) for chunk in figures]
    np.testing.assert_allclose(rates, [1e-2 * 0.5 * (1 + np.cos(np.pi * step / 100)) for step in range(3)], rtol=1e-5)
    for chunk in figures:
        parts = chunk.figures
        np.testing.assert_allclose(parts["loss"], parts["cost"] + parts["l2"], rtol=1e-6)


@pytest.mark.quick
def test_a_loss_that_is_no_number_stops_training_and_names_the_step() -> None:
    recipe = recipe_of(Linear(4), rate=1e-2)
    inputs = EXAMPLES.inputs.copy()
    inputs[BATCH * 2 : BATCH * 2 + 1] = np.inf
    state = initial_state(recipe, KEY, inputs[:BATCH])
    data = DataConfig(batch_size=BATCH, shuffle="never")
    trainer = Loop(recipe, data, EXAMPLES._replace(inputs=inputs), COUNT, KEY, state)
    chunks = trainer.chunks(state, 7, 2)
    check_finite(next(chunks))
    check_finite(next(chunks))
    with pytest.raises(NonFiniteError, match="step 2: the loss is nan"):
        check_finite(next(chunks))


def test_equal_keys_give_equal_bits_and_others_do_not() -> None:
    finals = []
    for key in (KEY, KEY, jax.random.key(6)):
        state = initial_state(RECIPE, jax.random.key(0), EXAMPLES.inputs[:BATCH])
        trainer = Loop(RECIPE, DATA, EXAMPLES, COUNT, key, state)
        finals.append(jax.device_get([*trainer.chunks(state, 5, 100)][-1].state.variables.params))
    assert_same_bits(finals[0], finals[1])
    assert any(jnp.any(a != b) for a, b in zip(jax.tree.leaves(finals[0]), jax.tree.leaves(finals[2]), strict=True))
