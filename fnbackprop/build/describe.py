"""What a reader must know of an experiment before it begins."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ..data.order import class_coverage
from ..graph import count_params
from .data import Data
from .notes import notes
from .plan import Plan
from .recipe import find_fused, first_step_at_rest

_MOST_NAMED = 8


def describe(plan: Plan, data: Data, params: Any, order: Int[Array, " visited"]) -> dict[str, str]:
    """The facts by name: data, model, seed, and what the data are like in the `order` of the first epoch."""
    config, splits, classes = plan.config, data.splits, data.classes
    facts = {
        "data": f"{config.data.source}: {len(splits.train):,} training, {len(splits.validation):,} validation, "
        f"{len(splits.test):,} test examples" + (f"; {len(classes)} classes" if classes else ""),
        "model": f"{len(plan.model.nodes)} nodes, {count_params(params):,} parameters",
        "seed": str(config.seed),
    }
    if (rest := first_step_at_rest(plan, data)) is not None:
        facts["learning rate"] = f"0 from step {rest:,} to the end, by its schedule"
    if fused := find_fused(plan):
        facts["fused"] = str(fused)
    if noted := notes(plan, data):
        facts["note"] = "; ".join(noted)
    if constant := data.constant_features:
        places = ", ".join(str(place[0] if len(place) == 1 else place) for place in constant[:_MOST_NAMED])
        more = f" and {len(constant) - _MOST_NAMED} more" if len(constant) > _MOST_NAMED else ""
        divisor = "1" if config.data.constant == "unit" else f"{config.data.epsilon:g}"
        facts["constant features"] = f"{len(constant)} ({places}{more}), divided by {divisor}"
    if classes and splits.examples.targets.ndim == 1:
        labels = splits.examples.targets[: len(splits.train)]
        coverage = class_coverage(labels, np.asarray(order), config.data.batch_size)
        facts["class coverage"] = f"{100 * coverage:.0f} % of the first epoch's minibatches hold every class"
    return facts


def note_of_the_mean(plan: Plan, data: Data, loss: float) -> str:
    """What to do about a test loss that the mean of the training targets reaches alone; empty where it is better.

    Empty also where targets are no values, or lie on the disk, of which not all is read.
    """
    targets, test = data.splits.examples.targets, data.splits.test
    if plan.cost.targets != "values" or data.classes is not None or not test or not isinstance(targets, np.ndarray):
        return ""
    learned = targets[: len(data.splits.train)]
    values = jnp.asarray(targets[test.start : test.stop])
    mean = jnp.asarray(learned.mean(0, dtype=np.float64), values.dtype)
    known = float(plan.cost.rule(jnp.broadcast_to(mean, values.shape), values))
    if loss < known:
        return ""
    scale = f"subtract their mean, {learned.mean():.4g}, and divide by their deviation, {learned.std():.4g}"
    remedy = f"train for longer, with a higher learning rate, or scale the targets: {scale}"
    return f"the mean of the training targets alone has a loss of {known:.4g}: {remedy}"
