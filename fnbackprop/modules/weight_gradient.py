"""The cotangent of a weight that multiplies each example: one matrix product over all of them."""

import math

import jax
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.precision import matmul
from ..core.sharding import over


def weight_gradient(
    x: Float[Array, "*batch in"], dy: Float[Array, "*batch out"], weight: Float[Array, "out in"]
) -> Float[Array, "out in"]:
    """Σ dyᵀ x over the batch, in the dtype of `weight`; half precision is accumulated in float32.

    Contracting several batch axes at once would be slower on CPU.
    """
    x_rows, dy_rows = (a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) for a in (x, dy))
    known = all(isinstance(n, int) for n in weight.shape)  # an exported program has weights of any size
    if jax.default_backend() != "cpu" or not known or weight.shape[0] <= weight.shape[1]:
        return match_cotangent(matmul(dy_rows.T, x_rows, over(weight, 0, 1)), weight)
    # XLA on CPU makes a transposed copy of the factor on the left: a quarter to a third less time in all where that is
    # the narrower one. It would make the other product of this one again, but for the barrier.
    dW = jax.lax.optimization_barrier(matmul(x_rows.T, dy_rows, over(weight, 1, 0)))
    return match_cotangent(dW.T, weight)
