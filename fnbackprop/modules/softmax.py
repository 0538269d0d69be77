"""SoftMax, scores turned into probabilities (lecture, SoftMax)."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def softmax(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """Positive numbers that sum to 1 along `axis` (lecture, SoftMax).

    Forward:  y_i = exp(x_i) / Σ_j exp(x_j)
    Backward: dx = y ⊙ (dy − Σ_j dy_j y_j)

    Large logits do not overflow: the largest is subtracted first. A −inf logit has y_i = 0 and dx_i = 0 exactly; where
    all of them are −inf, or one is +inf, no probabilities exist and the row is NaN. Half precision computes in float32.
    """
    return softmax_reference(x, axis)


def softmax_fwd(x: Float[Array, "*shape"], axis: int) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    y = softmax(x, axis)
    return y, y


def softmax_bwd(axis: int, y: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    wide_y, wide_dy = widen(y), widen(dy)
    mean = jnp.sum(wide_dy * wide_y, axis, keepdims=True)
    return (match_cotangent(wide_y * (wide_dy - mean), y),)


softmax.defvjp(softmax_fwd, softmax_bwd)


def softmax_reference(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """`softmax` for automatic differentiation."""
    wide = widen(x)
    shift = jax.lax.stop_gradient(jnp.max(wide, axis, keepdims=True, initial=-jnp.inf))
    exp = jnp.exp(wide - shift)
    return (exp / jnp.sum(exp, axis, keepdims=True)).astype(x.dtype)


@configurable
class Softmax(Module):
    """Probabilities along one axis: `softmax`. For classification give a cost the logits, or `LogSoftmax`, instead."""

    axis: int = -1

    produces = "probabilities"

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(softmax, softmax_reference)(x, self.axis),), ()
