"""Conv, a convolution with a weight of its own."""

from typing import Annotated

import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.errors import ShapeError
from ..core.module import Context, Module, Spec, Variables, configurable
from .conv import conv, conv_reference
from .initializers import Initializer, initial_weight
from .windows import Padding, Sizes, for_each_axis


@configurable
class Conv(Module):
    """Convolution of (batch, *space, channels) with a weight of shape (features, *kernel, in / groups): `conv`.

    The input's axes of space say how many it has. groups = the input's channels is depthwise.
    """

    features: Annotated[int, Gt(0)]
    kernel: Sizes = 3
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    groups: Annotated[int, Gt(0)] = 1
    bias: bool = True
    initializer: Initializer = "kaiming_normal"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        if len(x.shape) < 3 or x.shape[-1] < self.groups:
            raise ShapeError(
                f"Conv got an array of shape {x.shape} and {self.groups} groups; it wants (batch, *space, channels) "
                "with as many channels at least: Reshape it, to one channel where it has none"
            )
        kernel = for_each_axis("Conv", "kernel", self.kernel, len(x.shape) - 2)
        shape = (self.features, *kernel, x.shape[-1] // self.groups)
        params = {"weight": initial_weight(self.initializer, key, shape, x.dtype)}
        if self.bias:
            params["bias"] = jnp.zeros(self.features, x.dtype)
        return Variables(params)

    def apply(
        self, variables: Variables, x: Float[Array, "batch *space in"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "batch *outputs out"]], tuple[()]]:
        weight, bias = variables.params["weight"], variables.params.get("bias")
        rule = context.pick(conv, conv_reference)
        return (rule(x, weight, bias, self.stride, self.padding, self.dilation, self.groups),), ()
