"""Sequences in buckets of size: training, evaluation and prediction see each example at its own size."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

from fnbackprop import Choose, Graph
from fnbackprop.core.config import DataConfig, PenaltiesConfig
from fnbackprop.costs import SQUARED_ERROR
from fnbackprop.data import Examples
from fnbackprop.data.buckets import dealt_batch
from fnbackprop.modules import Flatten, Linear
from fnbackprop.training import (
    Batch,
    Loop,
    Recipe,
    Trained,
    compile_evaluate,
    initial_state,
    load_trained,
    loop,
    predict,
    save_trained,
    steps_per_epoch,
    train_step,
)

SIZES, COUNT, BATCH = (2, 4, 8), 30, 4
RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(1, 9, 40)
INPUTS = (RANDOM.uniform(1, 2, (40, 8, 1)) * (np.arange(8) < LENGTHS[:, None])[..., None]).astype(np.float32)
EXAMPLES = Examples(INPUTS, RANDOM.normal(size=(40, 1)).astype(np.float32))
BUCKETS = np.searchsorted(SIZES, LENGTHS).astype(np.int32)
TRACED: list[int] = []


def noted(x: Array) -> Array:
    """The identity, which notes the size that it is traced for."""
    TRACED.append(x.shape[1])
    return x


FLAT = Graph([Flatten(), Linear(1)])
MODEL = Graph([noted, Choose((FLAT, FLAT, FLAT), SIZES)])
RECIPE = Recipe(MODEL, SQUARED_ERROR, PenaltiesConfig(), optax.sgd(0.01), optax.constant_schedule(0.01), None, SIZES)
DATA = DataConfig(batch_size=BATCH, sizes=SIZES)
STATE = initial_state(RECIPE, jax.random.key(0), jax.ShapeDtypeStruct((BATCH, 8, 1), np.float32))


def wanted_outputs() -> np.ndarray:
    """Each example by itself, by the weights of the branch for its size, in float64."""
    outputs = []
    for example, length in zip(INPUTS, LENGTHS, strict=True):
        i = int(np.searchsorted(SIZES, length))
        own = STATE.variables.params["choose_1"][str(i)]["linear_1"]
        weight = np.asarray(own["weight"], np.float64)
        outputs.append(weight @ example[: SIZES[i], 0].astype(np.float64) + np.asarray(own["bias"]))
    return np.array(outputs)


def test_training_cuts_each_batch_to_its_size_and_equals_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 0.0)
    trainer = Loop(
        RECIPE, DATA, EXAMPLES, COUNT, jax.random.key(1), jax.tree.map(jnp.copy, STATE), buckets=BUCKETS[:COUNT]
    )
    counts = np.bincount(BUCKETS[:COUNT])
    assert trainer.steps_per_epoch == sum(-(-n // BATCH) for n in counts)
    TRACED.clear()
    chunks = [*trainer.chunks(jax.tree.map(jnp.copy, STATE), trainer.steps_per_epoch, 5)]
    assert not TRACED  # compiled beforehand, for all sizes
    assert sum(int(chunk.examples.sum()) for chunk in chunks) == COUNT
    assert sorted({*trainer.order(0).tolist()}) == [*range(COUNT)]

    state, order = STATE, trainer._legs.order(0)
    for i in range(trainer.steps_per_epoch):
        indices, weights = dealt_batch((order.indices, order.weights), i, BATCH)
        size = SIZES[int(np.searchsorted(SIZES, LENGTHS[indices].max()))]
        batch = Batch(jnp.asarray(INPUTS[indices, :size]), jnp.asarray(EXAMPLES.targets[indices]), weights)
        state, _ = train_step(state, batch, RECIPE, jax.random.key(0))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6),
        chunks[-1].state.variables.params,
        state.variables.params,
    )


def test_a_program_is_traced_for_each_size_and_no_other() -> None:
    TRACED.clear()
    trainer = Loop(
        RECIPE, DATA, EXAMPLES, COUNT, jax.random.key(1), jax.tree.map(jnp.copy, STATE), buckets=BUCKETS[:COUNT]
    )
    for _ in trainer.chunks(jax.tree.map(jnp.copy, STATE), 2 * trainer.steps_per_epoch, 5):
        pass
    assert {*TRACED} == {*SIZES}


@pytest.mark.quick
def test_steps_are_counted_by_bucket() -> None:
    buckets = np.array([0] * 9 + [2] * 4 + [1])
    assert steps_per_epoch(14, DATA, buckets) == 3 + 1 + 1
    assert steps_per_epoch(14, DataConfig(batch_size=4, last_batch="drop"), buckets) == 2 + 0 + 1
    assert steps_per_epoch(14, DATA) == 4


def test_evaluation_runs_each_example_at_its_own_size() -> None:
    part = range(3, 37)
    evaluate, _ = compile_evaluate(RECIPE, STATE.variables, EXAMPLES, BUCKETS)
    got = evaluate(STATE.variables, EXAMPLES, part)
    errors = (wanted_outputs() - EXAMPLES.targets)[part.start : part.stop]
    np.testing.assert_allclose(got["loss"], np.mean(errors**2), rtol=1e-5)


def test_predictions_are_those_of_each_examples_size_after_saving_too(tmp_path: Path) -> None:
    trained = Trained(MODEL, STATE.variables, None, None, (8, 1), SIZES)
    save_trained(tmp_path / "model", trained)
    loaded = load_trained(tmp_path / "model", MODEL)
    assert loaded.sizes == SIZES
    np.testing.assert_allclose(predict(loaded, INPUTS), wanted_outputs(), rtol=1e-5, atol=1e-6)
