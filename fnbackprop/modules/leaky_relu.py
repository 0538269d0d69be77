"""LeakyReLU, which lets some of the negative part through (Maas et al. 2013)."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jax import Array
from jaxtyping import Bool, Float, PRNGKeyArray

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen


class LeakyReLUResiduals(NamedTuple):
    negative: Bool[Array, "*shape"]
    negative_slope: Float[Array, ""]
    x: Like


@jax.custom_vjp
def leaky_relu(x: Float[Array, "*shape"], negative_slope: Float[Array, ""] | float = 0.01) -> Float[Array, "*shape"]:
    """ReLU with a small slope below 0 (Maas et al. 2013).

    Forward:  y = x where x ≥ 0, else s x, with s = negative_slope
    Backward: dx = dy where x ≥ 0, else s dy; nothing for s

    At x = ±0 the slope is 1, as the lecture's ReLU has it (jax.nn.leaky_relu too; PyTorch has s there). NaN stays NaN
    with slope 1. Half precision computes in float32. One bit of x is kept.
    """
    return leaky_relu_reference(x, negative_slope)


def leaky_relu_fwd(
    x: Float[Array, "*shape"], negative_slope: Float[Array, ""] | float
) -> tuple[Float[Array, "*shape"], LeakyReLUResiduals]:
    return leaky_relu(x, negative_slope), LeakyReLUResiduals(x < 0, jnp.asarray(negative_slope), like(x))


def leaky_relu_bwd(residuals: LeakyReLUResiduals, dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], None]:
    negative, negative_slope, x = residuals
    return match_cotangent(_leak(widen(dy), negative, negative_slope), x), None


leaky_relu.defvjp(leaky_relu_fwd, leaky_relu_bwd)


def leaky_relu_reference(
    x: Float[Array, "*shape"], negative_slope: Float[Array, ""] | float = 0.01
) -> Float[Array, "*shape"]:
    """`leaky_relu` for automatic differentiation."""
    return _leak(widen(x), x < 0, jax.lax.stop_gradient(negative_slope)).astype(x.dtype)


def _leak(
    x: Float[Array, "*shape"], negative: Bool[Array, "*shape"], negative_slope: Float[Array, ""] | float
) -> Float[Array, "*shape"]:
    return jnp.where(negative, jnp.asarray(negative_slope, x.dtype) * x, x)


@configurable
class LeakyReLU(Module):
    """Each number, or a share of it where it is negative, a traced option: `leaky_relu`."""

    negative_slope: Annotated[float, Ge(0)] = 0.01

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        return Variables(options={"negative_slope": jnp.float32(self.negative_slope)})

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(leaky_relu, leaky_relu_reference)(x, variables.options["negative_slope"]),), ()

    def slope(self, y: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        steepness = jnp.where(y < 0, self.negative_slope, 1)
        return steepness.astype(y.dtype) / max(self.negative_slope, 1)
