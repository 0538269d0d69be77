"""The health of a step: how large values and gradients are at every node, and which node spoils them (lecture, C11)."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Num, PRNGKeyArray

from ..core.config import HealthConfig
from ..core.module import Context, Module
from ..core.precision import widen
from ..data.normalize import normalize
from ..graph import Graph, Node, reverse
from .objective import Batch, Figures
from .recipe import Recipe
from .step import Slope, TrainState, descend, find_slope

# What is measured of a node, and the column of it; NaN where the node has no such thing.
FIGURES = (
    "output_norm",  # ‖y‖ over the whole batch
    "cotangent_norm",  # ‖∂C/∂y‖
    "dead",  # share of features (the last axis) saturated for the whole batch, at every time or place
    "saturated",  # share of outputs where the activation's slope is next to 0
    "gradient_norm",  # ‖∂C/∂w‖, without penalties, which would hide that it vanishes
    "weight_norm",  # ‖w‖ before the step
    "update_ratio",  # ‖Δw‖ / ‖w‖
)

# Figures by node, in the graph's order.
NodesHealth = dict[str, dict[str, float]]


def watched_step(
    state: TrainState, batch: Batch, recipe: Recipe, key: PRNGKeyArray, config: HealthConfig
) -> tuple[TrainState, Figures]:
    """`train_step`, bit for bit, with two figures more for a step that is looked at.

    health: a row for each node, a column for each of FIGURES; zeros in other steps.
    non_finite: the first of `places` with a value that is not finite, looked for wherever the loss or its gradient
        is not; -1 where there is none.

    Every `config.every`-th step is run once more, through the gradient graph; the others skip this at run time.
    """
    slope = find_slope(state, batch, recipe, key)

    def look(state: TrainState, slope: Slope) -> tuple[Array, Array]:
        return _look(state, descend(state, slope, recipe).variables.params, batch, recipe, key, config.saturation)

    def look_away(state: TrainState, slope: Slope) -> tuple[Array, Array]:
        return jnp.zeros((len(_graph(recipe.model).nodes), len(FIGURES)), jnp.float32), jnp.float32(-1)

    finite = jnp.isfinite(slope.figures["loss"]) & jnp.isfinite(slope.figures["gradient_norm"])
    due = (state.step % config.every == 0) | ~finite
    looked = jax.lax.cond(due, look, look_away, state, slope)
    # Not before everyone has looked: the new state could otherwise not take the memory of the old one.
    state, slope, (health, non_finite) = jax.lax.optimization_barrier((state, slope, looked))
    return descend(state, slope, recipe), {**slope.figures, "health": health, "non_finite": non_finite}


def places(model: Module) -> list[str]:
    """Where a value can stop being finite, in the order in which a step computes them."""
    nodes = _graph(model).nodes
    forward, backward = ([f"node '{node.name}', {way}" for node in nodes] for way in ("forward", "backward"))
    return ["the inputs", *forward, "the cost", *reversed(backward)]


def read_health(
    health: Float[np.ndarray, "steps nodes figures"], first: int, model: Module, every: int
) -> dict[int, NodesHealth]:
    """The figures of those of the steps from `first` that were looked at, by step."""
    due = range(-(-first // every) * every, first + len(health), every)
    names = [node.name for node in _graph(model).nodes]
    return {step: dict(zip(names, map(_present, health[step - first]), strict=True)) for step in due}


def _present(row: Float[np.ndarray, " figures"]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(FIGURES, row, strict=True) if not np.isnan(value)}


def _graph(model: Module) -> Graph:
    assert isinstance(model, Graph)
    return model


def _look(
    before: TrainState, after: Any, batch: Batch, recipe: Recipe, key: PRNGKeyArray, saturation: float
) -> tuple[Float[Array, "nodes figures"], Float[Array, ""]]:
    graph, params = _graph(recipe.model), before.variables.params
    x = normalize(batch.inputs, recipe.normalization)
    context = Context(key, train=True).fold(before.step)
    ys, _, pullback = reverse(graph).vjp(before.variables, x, context=context)
    cost, dy = jax.value_and_grad(recipe.cost.rule)(ys[graph.outputs[0]], batch.targets, batch.weights)
    dparams, dys = pullback(dy)

    def figures(node: Node) -> Float[Array, " figures"]:
        dead, saturated = _idle_shares(node.module, ys[node.outputs[0]], saturation)
        gradient = weight = ratio = jnp.array(jnp.nan)
        if node.name in dparams:  # those of tied nodes are summed at their owner
            w, w_after = params[node.name], after[node.name]
            gradient, weight = norm(dparams[node.name]), norm(w)
            ratio = norm(jax.tree.map(jnp.subtract, w_after, w)) / weight
        of_outputs = [norm([wires[name] for name in node.outputs]) for wires in (ys, dys)]
        return jnp.array([*of_outputs, dead, saturated, gradient, weight, ratio], jnp.float32)

    forward = [[ys[name] for name in node.outputs] for node in graph.nodes]
    backward = [[dys[name] for name in node.inputs] + [dparams.get(node.name)] for node in reversed(graph.nodes)]
    first = _first_non_finite([x, *forward, (cost, dy), *backward])
    return jnp.stack([figures(node) for node in graph.nodes]), first


def norm(tree: Any) -> Float[Array, ""]:
    """√Σx² over all numbers of a tree; by the largest magnitude, so that squares neither vanish nor overflow.

    NaN where there are none: nothing was measured.
    """
    leaves = [widen(leaf) for leaf in _numbers(tree) if leaf.size]
    if not leaves:
        return jnp.array(jnp.nan)
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in leaves]))
    scale = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1)
    return scale * jnp.sqrt(sum(jnp.sum((leaf / scale) ** 2) for leaf in leaves))


def _idle_shares(module: Module, y: Num[Array, "..."], saturation: float) -> tuple[Any, Any]:
    slope = module.slope(y)
    if slope is None:
        return jnp.nan, jnp.nan
    idle = slope < saturation
    # A unit is a feature: at every time of a sequence, at every place of an image.
    others = tuple(range(idle.ndim - 1)) if idle.ndim > 1 else None
    return jnp.mean(jnp.all(idle, axis=others)), jnp.mean(idle)


def _first_non_finite(trees: Sequence[Any]) -> Float[Array, ""]:
    wrong = jnp.array([~_all_finite(tree) for tree in trees])
    return jnp.where(wrong.any(), jnp.argmax(wrong), -1).astype(jnp.float32)


def _all_finite(tree: Any) -> Array:
    return jnp.all(jnp.array([jnp.isfinite(leaf).all() for leaf in _numbers(tree)], bool))


def _numbers(tree: Any) -> list[Array]:
    """The arrays that can be differentiated; integers have no cotangents."""
    return [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
