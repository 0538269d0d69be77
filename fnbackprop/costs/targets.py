"""What an example should have been: a class, by its number or as probabilities; one of two outcomes; or values."""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Integer

from ..core.errors import ShapeError
from ..core.precision import accumulation_dtype, widen

ClassTargets = Integer[Array, "*batch"] | Float[Array, "*batch classes"]
BinaryTargets = Integer[Array, "*batch"] | Bool[Array, "*batch"] | Float[Array, "*batch"]


def check_class_targets(who: str, x: Array, targets: Array) -> None:
    """Refuse outputs and targets whose shapes do not belong together."""
    if not x.shape or not x.shape[-1]:
        raise ShapeError(f"{who} got outputs of shape {x.shape}; it wants at least one class on their last axis")
    if is_probabilities(targets):
        wanted, kind, remedy = x.shape, "probabilities", "numbers of classes must be integers"
    else:
        wanted, kind, remedy = x.shape[:-1], "numbers of classes", "one-hot rows must be floating point"
    if targets.shape != wanted:
        raise ShapeError(
            f"{who} got outputs of shape {x.shape} and {kind} of shape {targets.shape} and type {targets.dtype}; "
            f"it wants {kind} of shape {wanted} ({remedy})"
        )


def check_binary_targets(who: str, x: Array, targets: Array) -> None:
    """Refuse logits that are not one for each target."""
    if x.shape not in (targets.shape, (*targets.shape, 1)):
        raise ShapeError(
            f"{who} got logits of shape {x.shape} and targets of shape {targets.shape}; "
            f"it wants one logit per target: shape {targets.shape} or {(*targets.shape, 1)}"
        )


def check_value_targets(who: str, x: Array, targets: Array) -> None:
    """Refuse outputs that are not of the targets' shape: broadcasting them would compare the wrong ones."""
    if x.shape != targets.shape or not x.shape:
        raise ShapeError(
            f"{who} got outputs of shape {x.shape} and targets of shape {targets.shape}; "
            f"it wants one shape, with an example's outputs on the last axis: {_value_remedy(x.shape, targets.shape)}"
        )


def _value_remedy(outputs: tuple[int, ...], targets: tuple[int, ...]) -> str:
    """How outputs of a shape are brought to that of the targets, or these to an axis of outputs."""
    if outputs and targets == outputs[:-1]:
        model = "" if outputs[-1] == 1 else ", and give the model's last layer features = 1"
        return f"reshape the targets to {(*targets, 1)}{model}"
    if len(targets) > 1 and targets[:-1] == (outputs[:-1] if len(outputs) > 1 else outputs):
        return f"give the model's last layer features = {targets[-1]}"
    return "make the two alike"


def is_probabilities(targets: Array) -> bool:
    """Whether `targets` hold a probability for each class, not the number of one."""
    return jnp.issubdtype(targets.dtype, jnp.floating)


def target_probabilities(targets: ClassTargets, x: Float[Array, "*batch classes"]) -> Float[Array, "*batch classes"]:
    """A probability for each class, in the type in which `x` is computed with.

    A number that is no class cannot raise under `jit`: it gives a row of NaN, so that the cost is NaN, not wrong.
    """
    dtype, classes = accumulation_dtype(x.dtype), x.shape[-1]
    if is_probabilities(targets):
        return targets.astype(dtype)
    number, known = _class_numbers(targets, classes)
    one_hot = (number[..., None] == jnp.arange(classes, dtype=number.dtype)).astype(dtype)
    return jnp.where(known[..., None], one_hot, jnp.nan)


def at_class(x: Float[Array, "*batch classes"], targets: Integer[Array, "*batch"]) -> Float[Array, "*batch"]:
    """`x` at each example's class, in the type in which `x` is computed with; NaN for a number that is no class."""
    number, known = _class_numbers(targets, x.shape[-1])
    picked = jnp.take_along_axis(x, jnp.where(known, number, 0)[..., None], axis=-1)[..., 0]
    return jnp.where(known, widen(picked), jnp.nan)


def _class_numbers(
    targets: Integer[Array, "*batch"], classes: int
) -> tuple[Integer[Array, "*batch"], Bool[Array, "*batch"]]:
    """The numbers, and which of them are classes."""
    # Wide enough that neither the numbers nor the count of classes wrap around.
    number = targets.astype(jnp.int32) if targets.dtype.itemsize < 4 else targets
    return number, (number >= 0) & (number < classes)
