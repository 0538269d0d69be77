"""What is no mistake in a config, and perhaps not meant."""

import jax

from .data import Data
from .plan import Plan


def notes(plan: Plan, data: Data) -> list[str]:
    """A line for each; of a plan that was checked with its data."""
    if plan.cost.targets != "classes" or data.classes is None:
        return []
    inputs, _ = data.specs(plan.config.data.batch_size)
    variables = jax.eval_shape(lambda key: plan.model.init(key, inputs), jax.random.key(0))
    (outputs,), _ = jax.eval_shape(plan.model.apply, variables, inputs)
    width, classes = outputs.shape[-1], len(data.classes)
    if width <= classes:
        return []
    enough = f"{classes} are enough: the others only learn to be unlikely"
    return [f"model: it ends with {width} outputs for {classes} classes; {enough}"]
