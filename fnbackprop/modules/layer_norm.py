"""LayerNorm, the features of each example brought to mean 0 and variance 1 (Ba et al. 2016)."""

from functools import partial
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen
from .features import affine, check_features, last, mean_features


class LayerNormResiduals(NamedTuple):
    x: Float[Array, "..."]
    mean: Float[Array, "..."]
    rstd: Float[Array, "..."]
    scale: Float[Array, "..."] | None
    bias: Like | None


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def layer_norm(
    x: Float[Array, "*shape"],
    scale: Float[Array, "..."] | None = None,
    bias: Float[Array, "..."] | None = None,
    epsilon: Float[Array, ""] | float = 1e-5,
    axes: int = 1,
) -> Float[Array, "*shape"]:
    """Features with mean 0 and variance 1, over the last `axes` axes (Ba et al. 2016, https://arxiv.org/abs/1607.06450).

    Forward:  y = γ x̂ + β,  x̂ = (x − μ) r,  r = 1 / √(σ² + ε), with the mean μ and the variance σ² = mean (x − μ)²
    Backward: dx = r (g − mean g − x̂ mean(g x̂)),  g = γ dy
              dγ = Σ dy x̂,  dβ = Σ dy, summed over the examples; nothing for ε

    γ = scale and β = bias, 1 and 0 where None. Features that are all equal have x̂ = 0 exactly, whatever their size, and
    dx = (g − mean g) / √ε. A NaN or infinity makes its whole example NaN. Half precision computes in float32; y has the
    dtype of x. Kept are x and two numbers for each example.
    """
    return _normalized(x, scale, bias, epsilon, axes)[0]


def layer_norm_fwd(
    x: Float[Array, "*shape"],
    scale: Float[Array, "..."] | None,
    bias: Float[Array, "..."] | None,
    epsilon: Float[Array, ""] | float,
    axes: int,
) -> tuple[Float[Array, "*shape"], LayerNormResiduals]:
    y, mean, rstd = _normalized(x, scale, bias, epsilon, axes)
    return y, LayerNormResiduals(x, mean, rstd, scale, None if bias is None else like(bias))


def layer_norm_bwd(
    axes: int, residuals: LayerNormResiduals, dy: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "..."] | None, Float[Array, "..."] | None, None]:
    x, mean, rstd, scale, bias = residuals
    wide_dy, normal = widen(dy), (widen(x) - mean) * rstd
    product = wide_dy * normal
    g = wide_dy if scale is None else wide_dy * widen(scale)
    dx = rstd * (g - mean_features(wide_dy, scale, axes) - normal * mean_features(product, scale, axes))
    dscale = None if scale is None else match_cotangent(product, scale)
    dbias = None if bias is None else match_cotangent(wide_dy, bias)
    return match_cotangent(dx, x), dscale, dbias, None


layer_norm.defvjp(layer_norm_fwd, layer_norm_bwd)


def layer_norm_reference(
    x: Float[Array, "*shape"],
    scale: Float[Array, "..."] | None = None,
    bias: Float[Array, "..."] | None = None,
    epsilon: Float[Array, ""] | float = 1e-5,
    axes: int = 1,
) -> Float[Array, "*shape"]:
    """`layer_norm` for automatic differentiation."""
    return _normalized(x, scale, bias, epsilon, axes)[0]


def _normalized(
    x: Float[Array, "*shape"],
    scale: Float[Array, "..."] | None,
    bias: Float[Array, "..."] | None,
    epsilon: Float[Array, ""] | float,
    axes: int,
) -> tuple[Float[Array, "*shape"], Float[Array, "..."], Float[Array, "..."]]:
    """y, and each example's mean and 1 / √(σ² + ε)."""
    check_features("LayerNorm", jnp.shape(x), axes, scale, bias)
    wide, own = widen(x), last(axes)
    # From one of the features on, so that equal ones have exactly their own mean, however large they are.
    first = jax.lax.stop_gradient(wide[(..., *(slice(0, 1),) * axes)])
    mean = first + jnp.mean(wide - first, own, keepdims=True)
    centered = wide - mean
    variance = jnp.mean(centered * centered, own, keepdims=True)
    rstd = jax.lax.rsqrt(variance + jax.lax.stop_gradient(jnp.asarray(epsilon, wide.dtype)))
    return affine(centered * rstd, scale, bias).astype(x.dtype), mean, rstd


@configurable
class LayerNorm(Module):
    """Each example's features brought to mean 0 and variance 1, over the last `axes` axes: `layer_norm`."""

    epsilon: Annotated[float, Gt(0)] = 1e-5
    axes: Annotated[int, Gt(0)] = 1
    scale: bool = True
    bias: bool = True

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        check_features("LayerNorm", x.shape, self.axes)
        features = x.shape[-self.axes :]
        params = {"scale": jnp.ones(features, x.dtype)} if self.scale else {}
        return Variables(params | ({"bias": jnp.zeros(features, x.dtype)} if self.bias else {}))

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        params, rule = variables.params or {}, context.pick(layer_norm, layer_norm_reference)
        return (rule(x, params.get("scale"), params.get("bias"), self.epsilon, self.axes),), ()
