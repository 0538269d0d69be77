"""Dropout, inputs zeroed at random while training (lecture, Dropout; Hinton et al. 2012)."""

from functools import partial
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Ge, Lt
from jax import Array
from jaxtyping import Bool, Float, PRNGKeyArray

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Spec, Variables, configurable
from .dropout_mask import check_rate, dropped_places, masked


class DropoutResiduals(NamedTuple):
    x: Like
    key: PRNGKeyArray
    rate: Float[Array, ""]
    dropped: Bool[Array, "*shape"] | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def dropout(
    x: Float[Array, "*shape"], key: PRNGKeyArray, rate: Float[Array, ""] | float = 0.5, exact: bool = False
) -> Float[Array, "*shape"]:
    """Zeroes numbers at random and scales up the others, so that the mean stays (lecture, Dropout; Hinton et al. 2012).

    Forward:  y = m x, where m = 0 with probability `rate`, else 1 / (1 − rate), for each number by itself
    Backward: dx = m dy; nothing for the key and the rate
    Exact:    m = 0 for k = round(rate n) of the n features (last axis) of each example, else n / (n − k)

    The same key gives the same m. A half is rounded to even; the rate is taken to 2⁻³². A dropped NaN or infinity
    shows as NaN. Raises ValueError for a rate outside [0, 1) and ShapeError where k = n would leave nothing; a traced
    rate, which cannot be looked at, gives NaN instead.
    """
    return dropout_reference(x, key, rate, exact)


def dropout_fwd(
    x: Float[Array, "*shape"], key: PRNGKeyArray, rate: Float[Array, ""] | float, exact: bool
) -> tuple[Float[Array, "*shape"], DropoutResiduals]:
    dropped = dropped_places(x.shape, key, rate, exact)
    # Bits are cheaper to remake than to keep; an order is not.
    residuals = DropoutResiduals(like(x), key, jnp.asarray(rate), dropped if exact else None)
    return masked(x, dropped, rate, exact), residuals


def dropout_bwd(
    exact: bool, residuals: DropoutResiduals, dy: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], None, None]:
    x, key, rate, dropped = residuals
    if dropped is None:
        dropped = dropped_places(dy.shape, key, rate, exact)
    return match_cotangent(masked(dy, dropped, rate, exact), x), None, None


dropout.defvjp(dropout_fwd, dropout_bwd)


def dropout_reference(
    x: Float[Array, "*shape"], key: PRNGKeyArray, rate: Float[Array, ""] | float = 0.5, exact: bool = False
) -> Float[Array, "*shape"]:
    """`dropout` for automatic differentiation."""
    return masked(x, dropped_places(x.shape, key, rate, exact), rate, exact)


@configurable
class Dropout(Module):
    """Zeroes numbers at random while training, nothing at evaluation: `dropout`. Its rate is a traced option."""

    rate: Annotated[float, Ge(0), Lt(1)] = 0.5
    exact: bool = False

    produces = "input"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        check_rate(self.rate, x.shape, self.exact)
        return Variables(options={"rate": jnp.float32(self.rate)})

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        if not context.train:
            return (x,), ()
        if context.key is None:
            raise ValueError("Dropout got no key while training; it wants Context(key=jax.random.key(…), train=True)")
        rule = context.pick(dropout, dropout_reference)
        return (rule(x, context.key, variables.options["rate"], self.exact),), ()
