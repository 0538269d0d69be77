"""Linear, the matrix product with an optional bias (lecture, Linear)."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import matmul, widen
from .initializers import Initializer, initial_weight
from .weight_gradient import weight_gradient


class LinearResiduals(NamedTuple):
    x: Float[Array, "*batch in"]
    weight: Float[Array, "out in"]
    bias: Like | None


@jax.custom_vjp
def linear(
    x: Float[Array, "*batch in"], weight: Float[Array, "out in"], bias: Float[Array, " out"] | None = None
) -> Float[Array, "*batch out"]:
    """Matrix product with an optional bias (lecture, Linear).

    Forward:  y = x Wᵀ + b, that is y = W·x + b for each example
    Backward: dx = dy W,  dW = Σ dyᵀ x,  db = Σ dy, summed over the batch

    Half precision is accumulated in float32. Raises ShapeError for features that are not the weight's.
    """
    return linear_reference(x, weight, bias)


def linear_fwd(
    x: Float[Array, "*batch in"], weight: Float[Array, "out in"], bias: Float[Array, " out"] | None = None
) -> tuple[Float[Array, "*batch out"], LinearResiduals]:
    return linear(x, weight, bias), LinearResiduals(x, weight, None if bias is None else like(bias))


def linear_bwd(
    residuals: LinearResiduals, dy: Float[Array, "*batch out"]
) -> tuple[Float[Array, "*batch in"], Float[Array, "out in"], Float[Array, " out"] | None]:
    x, weight, bias = residuals
    dx = matmul(dy, weight, jax.typeof(x).sharding)
    db = None if bias is None else match_cotangent(dy, bias)
    return match_cotangent(dx, x), weight_gradient(x, dy, weight), db


linear.defvjp(linear_fwd, linear_bwd)


def linear_reference(
    x: Float[Array, "*batch in"], weight: Float[Array, "out in"], bias: Float[Array, " out"] | None = None
) -> Float[Array, "*batch out"]:
    """`linear` for automatic differentiation."""
    if weight.ndim != 2 or x.shape[-1:] != weight.shape[1:] or (bias is not None and bias.shape != weight.shape[:1]):
        biased = "" if bias is None else f", a bias of shape {bias.shape}"
        raise ShapeError(
            f"Linear got an input of shape {x.shape}{biased} and a weight of shape {weight.shape}; it wants (…, in)"
            f"{biased and ', (out,)'} and (out, in)"
        )
    y = matmul(x, weight.T)
    if bias is not None:
        y = y + widen(bias)
    return y.astype(jnp.result_type(x, weight) if bias is None else jnp.result_type(x, weight, bias))


@configurable
class Linear(Module):
    """Matrix product with a weight of shape (features, in) and a bias: `linear`.

    features: how many outputs; how many inputs there are is seen. bias: whether there is one, which begins at 0.
    initializer: of the weight, see `initial_weight`.
    """

    features: Annotated[int, Gt(0)]
    bias: bool = True
    initializer: Initializer = "kaiming_normal"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        if not x.shape:
            raise ShapeError("Linear got a single number; it wants features on the last axis: reshape it to (1,)")
        params = {"weight": initial_weight(self.initializer, key, (self.features, x.shape[-1]), x.dtype)}
        if self.bias:
            params["bias"] = jnp.zeros(self.features, x.dtype)
        return Variables(params)

    def apply(
        self, variables: Variables, x: Float[Array, "*batch in"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*batch out"]], tuple[()]]:
        weight, bias = variables.params["weight"], variables.params.get("bias")
        return (context.pick(linear, linear_reference)(x, weight, bias),), ()
