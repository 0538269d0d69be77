"""Where the windows of a convolution or a pooling stand, and what each of their places sees."""

import math
from collections.abc import Iterator
from itertools import product
from typing import Annotated, Literal, NamedTuple

import jax
from jax import Array
from jaxtyping import Float, Int32

from ..core.errors import ShapeError
from ..core.module import ListsToo

# One size for every axis of space, or one for each, which may be a list.
Sizes = int | Annotated[tuple[int, ...], ListsToo]
# "same": ⌈n / stride⌉ windows, an odd zero goes behind; "valid": no padding; or (before, behind) for each axis.
Padding = Literal["same", "valid"] | Annotated[tuple[Annotated[tuple[int, int], ListsToo], ...], ListsToo]


class Windows(NamedTuple):
    """Windows over (batch, *space, channels), one entry for each axis of space."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """How far a window extends, gaps included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))

    def places(self) -> Iterator[tuple[int, ...]]:
        """The places of a window in row-major order, each as its distance from the window's corner."""
        return product(*(range(0, e, d) for e, d in zip(self.reach, self.dilation, strict=True)))


def windows(
    who: str, shape: tuple[int, ...], size: tuple[int, ...], stride: Sizes, padding: Padding, dilation: Sizes = 1
) -> Windows:
    """The windows of this size over an array of this shape. Raises ShapeError where they do not fit."""
    axes = len(size)
    if not axes or len(shape) != axes + 2:
        raise ShapeError(
            f"{who} got an array of shape {shape} for windows of size {size}; it wants (batch, *space, channels) with "
            "as many axes of space as a window has: reshape it"
        )
    stride, dilation = (for_each_axis(who, name, n, axes) for name, n in (("stride", stride), ("dilation", dilation)))
    if min(size + stride + dilation) < 1:
        raise ShapeError(f"{who} got size {size}, stride {stride} and dilation {dilation}; all must be 1 or more")
    inputs = shape[1:-1]
    reach = tuple(d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True))
    pairs = _pairs(who, padding, inputs, reach, stride)
    room = tuple(n + sum(pair) - e for n, pair, e in zip(inputs, pairs, reach, strict=True))
    if min(room) < 0 or 0 in inputs:
        raise ShapeError(
            f"{who} got {inputs} places of space, padded by {pairs}, for windows that reach over {reach}; a window "
            "must fit at least once: pad more, or make the window, its dilation, or the strides before it smaller"
        )
    outputs = tuple(r // s + 1 for r, s in zip(room, stride, strict=True))
    return Windows(size, stride, dilation, pairs, inputs, outputs)


def pool_windows(who: str, shape: tuple[int, ...], window: Sizes, stride: Sizes | None, padding: Padding) -> Windows:
    """The windows of a pooling, each of which sees one number at least."""
    size = for_each_axis(who, "window", window, len(shape) - 2)
    w = windows(who, shape, size, size if stride is None else stride, padding)
    if any(max(pair) >= k for pair, k in zip(w.padding, w.size, strict=True)):
        raise ShapeError(
            f"{who} got padding {w.padding} for windows of size {w.size}; a window would see nothing else: pad less"
        )
    return w


def for_each_axis(who: str, name: str, sizes: Sizes, axes: int) -> tuple[int, ...]:
    """`sizes` for each of so many axes of space."""
    each = (sizes,) * axes if isinstance(sizes, int) else tuple(sizes)
    if len(each) != axes:
        raise ShapeError(f"{who} got {name} {each} for {axes} axes of space; it wants one number, or one for each axis")
    return each


def _pairs(
    who: str, padding: Padding, inputs: tuple[int, ...], reach: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    if padding == "valid":
        return ((0, 0),) * len(reach)
    if padding == "same":
        missing = [max((-(-n // s) - 1) * s + e - n, 0) for n, e, s in zip(inputs, reach, stride, strict=True)]
        return tuple((n // 2, n - n // 2) for n in missing)
    pairs = tuple(tuple(pair) for pair in padding)
    if len(pairs) != len(reach) or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        raise ShapeError(
            f"{who} got padding {padding} for {len(reach)} axes of space; it wants 'same', 'valid', or a pair (before, "
            "behind) of numbers, 0 or more, for each axis"
        )
    return pairs  # type: ignore[return-value]


def pad(
    x: Float[Array, "batch *space channels"], w: Windows, value: float = 0
) -> Float[Array, "batch *padded channels"]:
    """`x` with the windows' padding around it."""
    if not any(map(any, w.padding)):
        return x
    return jax.lax.pad(x, x.dtype.type(value), [(0, 0, 0), *((*pair, 0) for pair in w.padding), (0, 0, 0)])


def seen(
    padded: Float[Array, "batch *padded channels"], w: Windows, place: tuple[int, ...] | Int32[Array, " axes"]
) -> Float[Array, "batch *outputs channels"]:
    """What each window sees at one of its places, which may be traced."""
    batch, channels = padded.shape[0], padded.shape[-1]
    sizes = [(o - 1) * s + 1 for o, s in zip(w.outputs, w.stride, strict=True)]
    if isinstance(place, tuple):
        limits = [p + n for p, n in zip(place, sizes, strict=True)]
        return jax.lax.slice(padded, (0, *place, 0), (batch, *limits, channels), (1, *w.stride, 1))
    zero = jax.numpy.int32(0)
    corner = jax.lax.dynamic_slice(padded, (zero, *place, zero), (batch, *sizes, channels))
    return jax.lax.slice(corner, (0,) * corner.ndim, corner.shape, (1, *w.stride, 1))


def spread(parts: list[Float[Array, "batch *outputs channels"]], w: Windows) -> Float[Array, "batch *space channels"]:
    """The transpose of `seen`: what each window gives to each of its places, summed where windows overlap."""
    apart = all(s >= e for s, e in zip(w.stride, w.reach, strict=True))
    if apart and w.stride == w.size:
        return _crop(_interleaved(parts, w), w, (0,) * len(w.size))
    total = None
    for part, place in zip(parts, w.places(), strict=True):
        placed = _crop(part, w, place, interior=True)
        total = placed if total is None else total + placed
    assert total is not None
    return total


def _interleaved(parts: list[Float[Array, "..."]], w: Windows) -> Float[Array, "..."]:
    """Windows that tile the padded array: each part in its place between the others."""
    batch, channels = parts[0].shape[0], parts[0].shape[-1]
    axes = len(w.size)
    stacked = jax.numpy.stack(parts, -2).reshape(batch, *w.outputs, *w.size, channels)
    order = [axis for i in range(axes) for axis in (1 + i, 1 + axes + i)]
    tiled = stacked.transpose(0, *order, 1 + 2 * axes)
    return tiled.reshape(batch, *(o * k for o, k in zip(w.outputs, w.size, strict=True)), channels)


def _crop(part: Array, w: Windows, place: tuple[int, ...], interior: bool = False) -> Array:
    """`part` with its corner at `place` of the padded array, without the padding."""
    edges = []
    for axis, (n, (before, _), s, at) in enumerate(zip(w.inputs, w.padding, w.stride, place, strict=True), 1):
        gap = s - 1 if interior else 0
        size = (part.shape[axis] - 1) * (gap + 1) + 1
        edges.append((at - before, n - size - at + before, gap))
    return jax.lax.pad(part, part.dtype.type(0), [(0, 0, 0), *edges, (0, 0, 0)])


def examples(x: Float[Array, "batch *space channels"]) -> Float[Array, "all channels"]:
    """Every place of every example as one row."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
