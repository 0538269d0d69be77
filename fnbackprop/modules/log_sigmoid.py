"""LogSigmoid, the two-class LogSoftMax (lecture, LogSoftMax)."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen
from .sigmoid import sigmoid


@jax.custom_vjp
def log_sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Logarithm of `sigmoid` that does not saturate (lecture, LogSoftMax).

    Forward:  y = log h(x) = x − log(1 + exp(x)) = −log(1 + exp(−x)), which is x for very negative x
    Backward: dx = dy h(−x), h being `sigmoid`

    Half precision computes in float32.
    """
    return log_sigmoid_reference(x)


def log_sigmoid_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return log_sigmoid(x), x


def log_sigmoid_bwd(x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    return (match_cotangent(widen(dy) * sigmoid(-widen(x)), x),)


log_sigmoid.defvjp(log_sigmoid_fwd, log_sigmoid_bwd)


def log_sigmoid_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`log_sigmoid` for automatic differentiation."""
    return -jnp.logaddexp(-widen(x), 0.0).astype(x.dtype)


@configurable
class LogSigmoid(Module):
    """Log-probability of each number's own class against its complement: `log_sigmoid`."""

    produces = "log-probabilities"

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(log_sigmoid, log_sigmoid_reference)(x),), ()
