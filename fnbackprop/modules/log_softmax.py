"""LogSoftMax, the logarithm of SoftMax without its underflow (lecture, LogSoftMax)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen


class LogSoftmaxResiduals(NamedTuple):
    x: Float[Array, "*shape"]
    shift: Float[Array, "*row"]
    total: Float[Array, "*row"]


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def log_softmax(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """Log-probabilities along `axis` (lecture, LogSoftMax).

    Forward:  y_i = x_i − log Σ_j exp(x_j)
    Backward: dx = dy − softmax(x) Σ_j dy_j

    Both sums are taken in float32 for half precision, so that the gradient is finite in float16 over 65536 classes
    (jax.nn.log_softmax's is NaN: its sum overflows). A −inf logit stays −inf, and dx_i = dy_i there. Where all of a
    row's logits are −inf, or at a +inf, no probabilities exist: y and dx are NaN.
    """
    return log_softmax_reference(x, axis)


def log_softmax_fwd(x: Float[Array, "*shape"], axis: int) -> tuple[Float[Array, "*shape"], LogSoftmaxResiduals]:
    # Not the output: rounded to half precision it cannot give back the probabilities.
    return log_softmax(x, axis), LogSoftmaxResiduals(x, *_normalizer(widen(x), axis))


def log_softmax_bwd(
    axis: int, residuals: LogSoftmaxResiduals, dy: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"]]:
    x, shift, total = residuals
    wide_dy = widen(dy)
    # exp(x − shift) as in the forward pass, so that one program with both computes it once.
    share = jnp.sum(wide_dy, axis, keepdims=True) / total
    return (match_cotangent(wide_dy - jnp.exp(widen(x) - shift) * share, x),)


log_softmax.defvjp(log_softmax_fwd, log_softmax_bwd)


def log_softmax_reference(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """`log_softmax` for automatic differentiation."""
    wide = widen(x)  # once, for autodiff rounds at each conversion
    shift, total = _normalizer(wide, axis)
    return ((wide - shift) - jnp.log(total)).astype(x.dtype)


def _normalizer(x: Float[Array, "*shape"], axis: int) -> tuple[Float[Array, "*row"], Float[Array, "*row"]]:
    """The largest logit of each row (0 where it is infinite), and Σ exp(x − that)."""
    largest = jax.lax.stop_gradient(jnp.max(x, axis, keepdims=True, initial=-jnp.inf))
    shift = jnp.where(jnp.isinf(largest), 0, largest)
    return shift, jnp.sum(jnp.exp(x - shift), axis, keepdims=True)


@configurable
class LogSoftmax(Module):
    """Log-probabilities along one axis: `log_softmax`."""

    axis: int = -1

    produces = "log-probabilities"

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(log_softmax, log_softmax_reference)(x, self.axis),), ()
