"""RMSNorm, the features of each example brought to a root mean square of 1 (Zhang & Sennrich 2019)."""

from functools import partial
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen
from .features import affine, check_features, last, mean_features


class RMSNormResiduals(NamedTuple):
    x: Float[Array, "..."]
    rstd: Float[Array, "..."]
    scale: Float[Array, "..."] | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def rms_norm(
    x: Float[Array, "*shape"],
    scale: Float[Array, "..."] | None = None,
    epsilon: Float[Array, ""] | float = 1e-6,
    axes: int = 1,
) -> Float[Array, "*shape"]:
    """Features with mean square 1, over the last `axes` axes (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467).

    Forward:  y = γ x̂,  x̂ = x r,  r = 1 / √(mean x² + ε)
    Backward: dx = r (g − x̂ mean(g x̂)),  g = γ dy;  dγ = Σ dy x̂, summed over the examples; nothing for ε

    γ = scale, 1 where None. Features that are all 0 stay so, with dx = g / √ε. A NaN or infinity makes its whole
    example NaN, or 0 beside an infinity. Half precision computes in float32; y has the dtype of x. Kept are x and one
    number for each example.
    """
    return _normalized(x, scale, epsilon, axes)[0]


def rms_norm_fwd(
    x: Float[Array, "*shape"], scale: Float[Array, "..."] | None, epsilon: Float[Array, ""] | float, axes: int
) -> tuple[Float[Array, "*shape"], RMSNormResiduals]:
    y, rstd = _normalized(x, scale, epsilon, axes)
    return y, RMSNormResiduals(x, rstd, scale)


def rms_norm_bwd(
    axes: int, residuals: RMSNormResiduals, dy: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "..."] | None, None]:
    x, rstd, scale = residuals
    wide_dy, normal = widen(dy), widen(x) * rstd
    product = wide_dy * normal
    g = wide_dy if scale is None else wide_dy * widen(scale)
    dx = rstd * (g - normal * mean_features(product, scale, axes))
    dscale = None if scale is None else match_cotangent(product, scale)
    return match_cotangent(dx, x), dscale, None


rms_norm.defvjp(rms_norm_fwd, rms_norm_bwd)


def rms_norm_reference(
    x: Float[Array, "*shape"],
    scale: Float[Array, "..."] | None = None,
    epsilon: Float[Array, ""] | float = 1e-6,
    axes: int = 1,
) -> Float[Array, "*shape"]:
    """`rms_norm` for automatic differentiation."""
    return _normalized(x, scale, epsilon, axes)[0]


def _normalized(
    x: Float[Array, "*shape"], scale: Float[Array, "..."] | None, epsilon: Float[Array, ""] | float, axes: int
) -> tuple[Float[Array, "*shape"], Float[Array, "..."]]:
    """y, and 1 / √(mean x² + ε) of each example."""
    check_features("RMSNorm", jnp.shape(x), axes, scale)
    wide = widen(x)
    square = jnp.mean(wide * wide, last(axes), keepdims=True)
    rstd = jax.lax.rsqrt(square + jax.lax.stop_gradient(jnp.asarray(epsilon, wide.dtype)))
    return affine(wide * rstd, scale, None).astype(x.dtype), rstd


@configurable
class RMSNorm(Module):
    """Each example's features brought to a root mean square of 1, over the last `axes` axes: `rms_norm`."""

    epsilon: Annotated[float, Gt(0)] = 1e-6
    axes: Annotated[int, Gt(0)] = 1
    scale: bool = True

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        check_features("RMSNorm", x.shape, self.axes)
        return Variables({"scale": jnp.ones(x.shape[-self.axes :], x.dtype)} if self.scale else ())

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        params, rule = variables.params or {}, context.pick(rms_norm, rms_norm_reference)
        return (rule(x, params.get("scale"), self.epsilon, self.axes),), ()
