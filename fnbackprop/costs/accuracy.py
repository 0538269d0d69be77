"""The share of examples put into their class, as 0 or 1 for each example."""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from .targets import BinaryTargets, ClassTargets, check_binary_targets, check_class_targets, is_probabilities


def accuracy(outputs: Float[Array, "*batch classes"], targets: ClassTargets) -> Float[Array, "*batch"]:
    """1 where the largest output stands at the target's class, else 0.

    Outputs are logits, probabilities or log-probabilities. The first of equal outputs counts; NaN is never right.
    """
    check_class_targets("accuracy", outputs, targets)
    wanted = jnp.argmax(targets, axis=-1) if is_probabilities(targets) else targets
    right = jnp.argmax(outputs, axis=-1).astype(wanted.dtype) == wanted
    return (right & ~jnp.any(jnp.isnan(outputs), axis=-1)).astype(jnp.float32)


def binary_accuracy(logits: Float[Array, "..."], targets: BinaryTargets) -> Float[Array, "*batch"]:
    """1 where the logit is above 0 and the target above ½, or neither, else 0; NaN is never right.

    Logits have the shape of the targets, or one more axis of length 1.
    """
    check_binary_targets("binary_accuracy", logits, targets)
    logits = logits.reshape(targets.shape)
    return (((logits > 0) == (targets > 0.5)) & ~jnp.isnan(logits)).astype(jnp.float32)
