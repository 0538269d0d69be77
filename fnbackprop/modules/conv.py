"""The rule of a convolution over one to three axes of space, channels last (LeCun et al. 1989)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.precision import accumulation_dtype, widen
from .conv_weight import conv_weight_gradient
from .windows import Padding, Sizes, Windows, windows


class ConvResiduals(NamedTuple):
    x: Float[Array, "batch *space in"]
    weight: Float[Array, "out *kernel shared"]
    bias: Like | None


@partial(jax.custom_vjp, nondiff_argnums=(3, 4, 5, 6))
def conv(
    x: Float[Array, "batch *space in"],
    weight: Float[Array, "out *kernel shared"],
    bias: Float[Array, " out"] | None = None,
    stride: Sizes = 1,
    padding: Padding = "same",
    dilation: Sizes = 1,
    groups: int = 1,
) -> Float[Array, "batch *outputs out"]:
    """Convolution, channels last, over the axes of space that the weight has: (out, *kernel, in / groups).

    Forward:  y[p] = Σ W[k] x[s p + d k − before] + b over the kernel's places k, with x = 0 beyond the edges
    Backward: dx[q] = Σ Wᵀ[k] dy[p] over all p, k with s p + d k − before = q
              dW[k] = Σ dy[p] x[s p + d k − before]ᵀ,  db = Σ dy, summed over the batch and the places p

    As in all frameworks a correlation: the kernel is not flipped. s = stride and d = dilation: one number, or one for
    each axis. Padding is "same" (⌈n / s⌉ outputs; an odd zero goes behind), "valid" (none), or (before, behind) for
    each axis. The channels come in `groups` blocks that do not see each other; groups = in is depthwise. What a stride
    leaves over at the end has dx = 0; an empty batch has dW = 0. A NaN spreads to all that sees it. Half precision
    accumulates in float32. Raises ShapeError where no window fits, or channels and groups do not.

    dx is computed as a forward convolution of dy, with zeros between for the stride, and the flipped kernel; dW as a
    matrix product for each row of the kernel (of long rows each place, of few channels the whole kernel): both are what
    XLA runs fast on CPU, inside a loop too, where its own transposed convolutions take 17 times as long
    (https://github.com/jax-ml/jax/issues/12868).
    """
    return conv_reference(x, weight, bias, stride, padding, dilation, groups)


def conv_fwd(
    x: Float[Array, "batch *space in"],
    weight: Float[Array, "out *kernel shared"],
    bias: Float[Array, " out"] | None,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> tuple[Float[Array, "batch *outputs out"], ConvResiduals]:
    y = conv(x, weight, bias, stride, padding, dilation, groups)
    return y, ConvResiduals(x, weight, None if bias is None else like(bias))


def conv_bwd(
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
    residuals: ConvResiduals,
    dy: Float[Array, "batch *outputs out"],
) -> tuple[Float[Array, "batch *space in"], Float[Array, "out *kernel shared"], Float[Array, " out"] | None]:
    x, weight, bias = residuals
    w = windows("Conv", x.shape, weight.shape[1:-1], stride, padding, dilation)
    dx = match_cotangent(_input_gradient(weight, dy, w, groups), x)
    dW = match_cotangent(conv_weight_gradient(x, dy, weight, w, groups), weight)
    return dx, dW, None if bias is None else match_cotangent(widen(dy), bias)


conv.defvjp(conv_fwd, conv_bwd)


def conv_reference(
    x: Float[Array, "batch *space in"],
    weight: Float[Array, "out *kernel shared"],
    bias: Float[Array, " out"] | None = None,
    stride: Sizes = 1,
    padding: Padding = "same",
    dilation: Sizes = 1,
    groups: int = 1,
) -> Float[Array, "batch *outputs out"]:
    """`conv` for automatic differentiation."""
    w = windows("Conv", x.shape, weight.shape[1:-1], stride, padding, dilation)
    _check_channels(x.shape, weight.shape, groups)
    y = _convolve(x, weight, w.stride, w.padding, w.dilation, groups)
    if bias is not None:
        y = y + widen(bias)
    return y.astype(jnp.result_type(x, weight) if bias is None else jnp.result_type(x, weight, bias))


def _convolve(
    x: Float[Array, "batch *space in"],
    weight: Float[Array, "out *kernel shared"],
    stride: tuple[int, ...],
    padding: tuple[tuple[int, int], ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Float[Array, "batch *outputs out"]:
    """In the accumulation type."""
    dtype = jnp.result_type(x, weight)
    space = "HWD"[: x.ndim - 2]
    return jax.lax.conv_general_dilated(
        x.astype(dtype),
        # XLA on CPU runs a kernel that ends (in, out) 50 times as fast in a loop as one of any other order.
        jnp.moveaxis(weight.astype(dtype), 0, -1),
        stride,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=(f"N{space}C", f"{space}IO", f"N{space}C"),
        feature_group_count=groups,
        preferred_element_type=accumulation_dtype(dtype),
    )


def _input_gradient(
    weight: Float[Array, "out *kernel shared"], dy: Float[Array, "batch *outputs out"], w: Windows, groups: int
) -> Float[Array, "batch *space in"]:
    """A forward convolution of dy, its places `stride` apart, with the flipped kernel."""
    edges = []
    for n, o, s, e, (before, _) in zip(w.inputs, w.outputs, w.stride, w.reach, w.padding, strict=True):
        edges.append((e - 1 - before, n + before - ((o - 1) * s + 1), s - 1))
    padding = tuple((before, behind) for before, behind, _ in edges)
    if max(w.stride) > 1 or min(map(min, padding)) < 0:
        dy = jax.lax.pad(dy, dy.dtype.type(0), [(0, 0, 0), *edges, (0, 0, 0)])
        padding = ((0, 0),) * len(edges)
    out, *kernel, shared = weight.shape
    blocks = weight.reshape(groups, out // groups, *kernel, shared).swapaxes(1, -1)
    flipped = jnp.flip(blocks.reshape(groups * shared, *kernel, out // groups), range(1, 1 + len(kernel)))
    return _convolve(dy, flipped, (1,) * len(edges), padding, w.dilation, groups)


def _check_channels(x: tuple[int, ...], weight: tuple[int, ...], groups: int) -> None:
    if len(weight) > 5:
        raise ShapeError(f"Conv got a weight of shape {weight}; it wants one, two or three axes of space")
    if groups < 1 or x[-1] % groups or weight[0] % groups or weight[-1] * groups != x[-1]:
        raise ShapeError(
            f"Conv got {x[-1]} channels, a weight of shape {weight} and {groups} groups; it wants a weight (out, "
            "*kernel, in / groups) with `groups` dividing both out and in: make it for this input, or change `groups`"
        )
