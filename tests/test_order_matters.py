"""The lecture's warning: with sorted data the last layer's bias chases the class at hand (C4)."""

import jax
import numpy as np
import pytest

from fnbackprop import build, training
from fnbackprop.data.order import batch_indices


def one_epoch(shuffle: str) -> tuple[float, float]:
    """How often the last bias favours the class that most of the batch has, and the test accuracy."""
    plain_sgd = ["optimizer.name=sgd", "optimizer.learning_rate=0.1", "model.2.rate=0.0", "training.epochs=1"]
    plan = build.read_plan("digits_mlp", ["data.by_class=true", f"data.shuffle={shuffle}", *plain_sgd])
    data = build.build_data(plan.source, plan.config.data)
    recipe = build.build_recipe(plan, data)
    state = training.initial_state(recipe, jax.random.key(0), data.specs(plan.config.data.batch_size)[0])
    examples, count = data.splits.examples, len(data.splits.train)
    loop = training.Loop(recipe, plan.config.data, examples, count, jax.random.key(1), state)
    chased = []
    for chunk in loop.chunks(state, loop.steps_per_epoch, 1):
        indices, weights = batch_indices(loop.order(0), chunk.first, plan.config.data.batch_size)
        shown = np.bincount(examples.targets[indices], weights=weights, minlength=10)
        bias = chunk.state.variables.params["linear_2"]["bias"]
        chased.append(int(np.argmax(bias)) == int(np.argmax(shown)))
    evaluate, _ = training.compile_evaluate(recipe, chunk.state.variables, examples)
    return float(np.mean(chased)), evaluate(chunk.state.variables, examples, data.splits.test)["accuracy"]


@pytest.mark.parametrize(("shuffle", "chases", "learns"), [("never", True, False), ("every-epoch", False, True)])
def test_sorted_data_is_chased_and_shuffled_data_is_learned(shuffle: str, chases: bool, learns: bool) -> None:
    share, accuracy = one_epoch(shuffle)
    assert (share > 0.5) == chases
    assert (share < 0.3) == (not chases)
    assert (accuracy > 0.85) == learns
    assert (accuracy < 0.6) == (not learns)
