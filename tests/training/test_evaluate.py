"""Figures over a range of examples, against NumPy."""

import jax
import numpy as np
import optax
import pytest

from fnbackprop.core.config import PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.data import Examples
from fnbackprop.data.normalize import Normalization
from fnbackprop.graph import Graph
from fnbackprop.modules import Dropout, Linear
from fnbackprop.training import Recipe, compile_evaluate, initial_state

RANDOM = np.random.default_rng(1)
EXAMPLES = Examples(RANDOM.normal(size=(1300, 3)).astype(np.float32), RANDOM.integers(0, 4, 1300).astype(np.int32))


@pytest.mark.quick
def test_means_over_any_range_without_dropout_or_penalties() -> None:
    normalization = Normalization(np.float32([1, 2, 3]), np.float32([0.5, 1, 2]))
    schedule = optax.constant_schedule(0.1)
    model = Graph([Dropout(), Linear(4)])
    recipe = Recipe(model, CROSS_ENTROPY, PenaltiesConfig(l2=1.0), optax.sgd(0.1), schedule, normalization)
    variables = initial_state(recipe, jax.random.key(0), EXAMPLES.inputs[:1]).variables
    evaluate, _ = compile_evaluate(recipe, variables, EXAMPLES)
    weight, bias = (np.asarray(variables.params["linear_1"][name], np.float64) for name in ("weight", "bias"))
    for part in (range(1300), range(7, 8), range(250, 1250), range(100, 601)):
        x, t = (array[part.start : part.stop] for array in EXAMPLES)
        logits = ((x - [1, 2, 3]) / [0.5, 1, 2]) @ weight.T + bias
        costs = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(t)), t]
        figures = evaluate(variables, EXAMPLES, part)
        assert figures["loss"] == pytest.approx(costs.mean(), rel=1e-5)
        assert figures["accuracy"] == pytest.approx((logits.argmax(1) == t).mean())
