"""The health of a step: how large values and gradients are at every node, and which node spoils them (lecture, C11)."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int, Num, PRNGKeyArray

from ..core.config import HealthConfig
from ..core.module import Context, Module
from ..core.precision import widen
from ..graph import Graph, Nested, Repeat, nested, reverse
from .forward import as_computed
from .look import FIGURES, NOTHING, Health, Look, Looks, name_look
from .micro_batches import piece_of
from .objective import Batch, Figures, count_examples
from .recipe import Recipe
from .step import Slope, TrainState, descend, find_slope


def watched_step(
    state: TrainState, batch: Batch, recipe: Recipe, key: PRNGKeyArray, config: HealthConfig
) -> tuple[TrainState, Figures, Look]:
    """`train_step`, bit for bit, and a look at the nodes.

    It is taken at every `config.every`-th step, and wherever the loss or its gradient is not finite. A step that is
    looked at is run once more, through the gradient graph, of several micro-batches the first or the one that went
    wrong; the others skip this at run time.
    """
    slope = find_slope(state, batch, recipe, key)

    def look(state: TrainState, slope: Slope) -> tuple[Array, Array]:
        after = descend(state, slope, recipe).variables.params
        context = Context(key, train=True).fold(state.step)
        if slope.spoiled is None:
            return _look(state, after, batch, recipe, context, config.saturation)
        piece = piece_of(batch, slope.spoiled, recipe.accumulate)
        return _look(state, after, piece, recipe, context.fold(slope.spoiled), config.saturation)

    def look_away(state: TrainState, slope: Slope) -> tuple[Array, Array]:
        return jnp.zeros((len(watched(recipe.model)), len(FIGURES)), jnp.float32), jnp.int32(-1)

    finite = jnp.isfinite(slope.figures["loss"]) & jnp.isfinite(slope.figures["gradient_norm"])
    taken = (state.step % config.every == 0) | ~finite
    looked = jax.lax.cond(taken, look, look_away, state, slope)
    # Not before everyone has looked: the new state could otherwise not take the memory of the old one.
    state, slope, looked = jax.lax.optimization_barrier((state, slope, looked))
    return descend(state, slope, recipe), slope.figures, Look(taken, finite, state.step, *looked)


def read_health(looks: Looks | None, model: Module) -> list[Health]:
    """The looks that were taken, by name, up to the first step whose loss or gradient is not finite."""
    if looks is None or not looks.taken:
        return []
    finite = looks.held.finite[: looks.taken]
    end = len(finite) if finite.all() else int(finite.argmin()) + 1
    names = watched(model), places(model)
    return [name_look(jax.tree.map(lambda leaf, i=i: leaf[i], looks.held), *names) for i in range(end)]


def watched(model: Module) -> list[str]:
    """Whose figures a look holds: every node, and after a `Repeat` each repetition, whose parameters are its own."""
    return [name for each in nested(_graph(model)) for name in (each.path, *_repetitions(each))]


def places(model: Module) -> list[str]:
    """Where a value can stop being finite, in the order in which a step computes them."""
    nodes = [*nested(_graph(model))]
    forward, backward = ([f"node '{each.path}', {way}" for each in nodes] for way in ("forward", "backward"))
    return ["the inputs", *forward, "the cost", *reversed(backward)]


def _graph(model: Module) -> Graph:
    assert isinstance(model, Graph)
    return model


def _repetitions(each: Nested) -> list[str]:
    module = each.node.module
    if not isinstance(module, Repeat) or module.parameters == "tied":
        return []
    return [f"{each.path}/{i}" for i in range(module.times)]


def _look(
    before: TrainState, after: Any, batch: Batch, recipe: Recipe, context: Context, saturation: float
) -> tuple[Float[Array, "nodes figures"], Int[Array, ""]]:
    graph, params = _graph(recipe.model), before.variables.params
    variables, x = as_computed(before.variables, batch.inputs, recipe)
    ys, _, pullback = reverse(graph).vjp(variables, x, context=count_examples(context, batch))
    cost, dy = jax.value_and_grad(recipe.cost.rule)(ys[graph.outputs[0]], batch.targets, batch.weights)
    dparams, dys = pullback(dy)

    def rows(each: Nested) -> Iterator[Float[Array, "rows figures"]]:
        of_outputs = [norm([wires[name] for name in each.outputs]) for wires in (ys, dys)]
        idle = _idle_shares(each.node.module, ys[each.outputs[0]], saturation)
        # Those of tied nodes are summed at their owner.
        parts, times = [each.part(tree) for tree in (dparams, params, after)], len(_repetitions(each))
        of_params = [NOTHING] * 3 if times else _param_figures(*parts)
        yield jnp.array([[*of_outputs, *idle, *of_params]], jnp.float32)
        if times:
            yield _repetition_rows(parts, times)

    nodes = [*nested(graph)]
    forward = [[ys[name] for name in each.outputs] for each in nodes]
    backward = [[dys[name] for name in each.inputs] + [each.part(dparams)] for each in reversed(nodes)]
    first = _first_non_finite([x, *forward, (cost, dy), *backward])
    return jnp.concatenate([row for each in nodes for row in rows(each)]), first


def _repetition_rows(parts: Sequence[Any], times: int) -> Float[Array, "times figures"]:
    """The figures of parameters that are stacked, as a `Repeat` has them."""

    def row(i: Array) -> Float[Array, " figures"]:
        figures = _param_figures(*(jax.tree.map(lambda leaf: leaf[i], part) for part in parts))
        return jnp.array([*[NOTHING] * (len(FIGURES) - len(figures)), *figures], jnp.float32)

    return jax.vmap(row)(jnp.arange(times))


def norm(tree: Any) -> Float[Array, ""]:
    """√Σx² over all numbers of a tree; by the largest magnitude, so that squares neither vanish nor overflow.

    NOTHING where there are none.
    """
    leaves = [widen(leaf) for leaf in _numbers(tree) if leaf.size]
    if not leaves:
        return jnp.array(NOTHING)
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in leaves]))
    scale = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1)
    return scale * jnp.sqrt(sum(jnp.sum((leaf / scale) ** 2) for leaf in leaves))


def _param_figures(gradient: Any, before: Any, after: Any) -> tuple[Any, Any, Any]:
    """The norms of the gradient and of the weights, and the update-to-weight ratio."""
    if not jax.tree.leaves(gradient):
        return NOTHING, NOTHING, NOTHING
    weight = norm(before)
    return norm(gradient), weight, norm(jax.tree.map(jnp.subtract, after, before)) / weight


def _idle_shares(module: Module, y: Num[Array, "..."], saturation: float) -> tuple[Any, Any]:
    slope = module.slope(y)
    if slope is None:
        return NOTHING, NOTHING
    idle = slope < saturation
    # A unit is a feature: at every time of a sequence, at every place of an image.
    others = tuple(range(idle.ndim - 1)) if idle.ndim > 1 else None
    return jnp.mean(jnp.all(idle, axis=others)), jnp.mean(idle)


def _first_non_finite(trees: Sequence[Any]) -> Int[Array, ""]:
    wrong = jnp.array([~_all_finite(tree) for tree in trees])
    return jnp.where(wrong.any(), jnp.argmax(wrong), -1).astype(jnp.int32)


def _all_finite(tree: Any) -> Array:
    return jnp.all(jnp.array([jnp.isfinite(leaf).all() for leaf in _numbers(tree)], bool))


def _numbers(tree: Any) -> list[Array]:
    """The arrays that can be differentiated; integers have no cotangents."""
    return [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
