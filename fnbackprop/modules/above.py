"""Above, whether an input is large: a question to the data that a branch or a loop can ask (lecture, A4)."""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, PRNGKeyArray

from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen


def above(x: Float[Array, "*shape"], threshold: Float[Array, ""] | float = 0.0) -> Bool[Array, ""]:
    """Whether the root mean square of all of x is above a threshold.

    Forward:  y = √(mean x²) > threshold; a NaN is above nothing
    Backward: nothing, since a Boolean has no derivative
    """
    size = jnp.sqrt(jnp.mean(jnp.square(widen(x))))
    return size > jnp.asarray(threshold, size.dtype)


@configurable
class Above(Module):
    """Whether the root mean square of its input is above a threshold, a traced option: `above`."""

    threshold: float

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        return Variables(options={"threshold": jnp.float32(self.threshold)})

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Bool[Array, ""]], tuple[()]]:
        return (above(x, variables.options["threshold"]),), ()
