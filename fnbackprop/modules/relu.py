"""ReLU, the positive part (lecture, ReLU)."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from ..core.module import Context, Module, Variables, configurable


@jax.custom_vjp
def relu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Positive part (lecture, ReLU).

    Forward:  y = x where x ≥ 0, else 0
    Backward: dx = 0 where x < 0, else dy

    At x = ±0 the gradient passes, as the lecture has it (jax.nn.relu and PyTorch give 0 there). NaN stays NaN.
    """
    return relu_reference(x)


def relu_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Bool[Array, "*shape"]]:
    # The output cannot tell x = 0 from x < 0; one bit of x can, at a quarter of its memory.
    return relu(x), x < 0


def relu_bwd(negative: Bool[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    return (jnp.where(negative, jnp.zeros_like(dy), dy),)


relu.defvjp(relu_fwd, relu_bwd)


def relu_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`relu` for automatic differentiation."""
    return jnp.where(x < 0, jnp.zeros_like(x), x)


@configurable
class ReLU(Module):
    """Positive part of each number: `relu`."""

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(relu, relu_reference)(x),), ()

    def slope(self, y: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return (y != 0).astype(y.dtype)
