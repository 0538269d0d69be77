"""A last Linear to many classes is fused with its cost: the same steps and metrics, and no array of all logits."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop import Graph, Node
from fnbackprop.core.config import PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY, SQUARED_ERROR
from fnbackprop.data import Examples
from fnbackprop.graph import fused_end
from fnbackprop.modules import Embedding, Linear, ReLU, Tanh
from fnbackprop.training import Batch, Recipe, compile_evaluate, initial_state, train_step

MANY = 4100
TIED = [Node(Embedding(MANY, 8), "tokens"), Tanh(), Node(Linear(MANY, bias=False), "logits", tied="tokens")]
STACK = [Node(Embedding(MANY, 8), "tokens"), Linear(16), Tanh(), Linear(MANY)]
TOKENS = np.random.default_rng(0).integers(0, MANY, (24, 13)).astype(np.int32)
INPUTS, TARGETS = jnp.asarray(TOKENS[:, :-1]), jnp.asarray(TOKENS[:, 1:])
WEIGHTS = jnp.arange(24.0) % 3


def recipe_of(nodes: list[Any], fused: bool, **more: Any) -> Recipe:
    model, rate = Graph(nodes), optax.constant_schedule(0.5)
    recipe = Recipe(model, CROSS_ENTROPY, PenaltiesConfig(l2=1e-3), optax.sgd(0.5), rate, None, **more)
    return recipe._replace(fused=fused_end(model, CROSS_ENTROPY) if fused else None)


@pytest.mark.parametrize("nodes", [STACK, TIED], ids=["stack", "tied"])
@pytest.mark.parametrize("more", [{}, {"accumulate": 2}, {"precision": "bfloat16"}], ids=str)
def test_steps_and_figures_equal_the_plain_ones(nodes: list[Any], more: dict[str, Any]) -> None:
    tolerance = 2e-2 if more.get("precision") else 1e-5
    ends = []
    for fused in (True, False):
        recipe = recipe_of(nodes, fused, **more)
        assert (recipe.fused is not None) == fused
        state, batch = initial_state(recipe, jax.random.key(0), INPUTS), Batch(INPUTS, TARGETS, WEIGHTS)
        step = jax.jit(lambda state, recipe=recipe, batch=batch: train_step(state, batch, recipe, jax.random.key(1)))
        for _ in range(3):
            state, figures = step(state)
        ends.append((figures, state.variables.params))
    assert ends[0][0].keys() == ends[1][0].keys() >= {"loss", "accuracy", "l2"}
    for a, b in zip(*map(jax.tree.leaves, ends), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max())


def test_evaluation_is_the_same() -> None:
    figures, examples = [], Examples(TOKENS[:, :-1], TOKENS[:, 1:])
    for fused in (True, False):
        recipe = recipe_of(STACK, fused)
        variables = initial_state(recipe, jax.random.key(0), INPUTS[:1]).variables
        evaluate, _ = compile_evaluate(recipe, variables, examples)
        figures.append(evaluate(variables, examples, range(1, 24)))
    assert figures[0] == pytest.approx(figures[1], rel=1e-5)


def test_only_where_it_may_and_pays() -> None:
    def end(*nodes: Any, cost: Any = CROSS_ENTROPY, **more: Any) -> Any:
        return fused_end(Graph(nodes, **more), cost)

    assert end(ReLU(), Linear(MANY)).linear.name == "linear_1"
    assert end(ReLU(), Linear(10)) is None
    assert end(ReLU(), Linear(MANY), cost=SQUARED_ERROR) is None
    assert end(ReLU(), Linear(MANY), ReLU()) is None
    assert end(Linear(MANY)) is None
    assert end(ReLU(), Linear(MANY), derivatives="reference") is None
    assert end(Node(ReLU(), "a"), Node(Linear(MANY), "b"), outputs=("b", "b")) is None
