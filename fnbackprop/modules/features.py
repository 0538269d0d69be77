"""What normalisations have in common: the features of each example, which are its last axes."""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.errors import ShapeError
from ..core.precision import widen


def affine(
    normal: Float[Array, "*shape"], scale: Float[Array, "..."] | None, bias: Float[Array, "..."] | None
) -> Float[Array, "*shape"]:
    """γ x̂ + β, in the precision of x̂."""
    y = normal if scale is None else normal * scale.astype(normal.dtype)
    return y if bias is None else y + bias.astype(normal.dtype)


def mean_features(x: Float[Array, "*shape"], scale: Float[Array, "..."] | None, axes: int) -> Float[Array, "..."]:
    """The mean of γ x over the last `axes` axes, which are kept: on a CPU a matrix product is faster than a sum."""
    if scale is None:
        return jnp.mean(x, last(axes), keepdims=True)
    # On GPUs and TPUs a product would otherwise be one of fewer digits.
    sums = jnp.tensordot(x, widen(scale), axes, precision="highest") / scale.size
    return jnp.expand_dims(sums, last(axes))


def last(axes: int) -> tuple[int, ...]:
    """The last `axes` axes."""
    return tuple(range(-axes, 0))


def check_features(who: str, shape: tuple[int, ...], axes: int, *params: Float[Array, "..."] | None) -> None:
    """Refuse an array of too few axes or without features, and parameters of another shape than its features."""
    if not 0 < axes <= len(shape) or 0 in shape[-axes:]:
        raise ShapeError(
            f"{who} got shape {shape} to normalise over its last {axes} axes; it wants that many, of size 1 or more: "
            "change `axes`, or reshape it"
        )
    for param in params:
        if param is not None and param.shape != shape[-axes:]:
            raise ShapeError(
                f"{who} got features of shape {shape[-axes:]} and a scale or bias of shape {param.shape}; they must be "
                "the same: make them for this input, or change `axes`"
            )
