"""The cotangent of a convolution's weight: a matrix product for each row of the kernel, or one for all."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import NamedSharding
from jaxtyping import Float

from ..core.cotangent import loop_zeros
from ..core.precision import accumulation_dtype, matmul
from ..core.sharding import over
from .windows import Windows, examples, pad, seen

# Places of a kernel up to which each has its own part of the program; a loop over more compiles as fast.
_UNROLLED = 64
# Columns up to which one product for all the places is best: few channels are no work for one.
_COLUMNS = 32
# Places up to which those of a row share a product; of longer rows the copies cost more than the product gains.
_ROW = 7
# A processor's caches hold so many bytes, which a product reads more than once; a loop pays from a few times that on.
_CACHED, _LARGE = 2 * 1024 * 1024, 6 * 1024 * 1024


def conv_weight_gradient(
    x: Float[Array, "batch *space in"],
    dy: Float[Array, "batch *outputs out"],
    weight: Float[Array, "out *kernel shared"],
    w: Windows,
    groups: int,
) -> Float[Array, "out *kernel shared"]:
    """dW[k] = Σ dy[p] x[s p + d k − before]ᵀ over the batch and the places p; on a CPU a few examples at a time.

    What the places of a row of the kernel saw is copied side by side for one product, with few channels what all saw.
    """
    joined, shared, out = _joined(x, dy, w, groups), x.shape[-1] // groups, dy.shape[-1] // groups
    # XLA on CPU takes up to twice as long in the other order; several groups it adds up more exactly in this one.
    turned = groups > 1 or 2 * joined * shared > 3 * out
    axes = (0, None) if groups == 1 else (None, None, -1)
    product = partial(_product, groups=groups, turned=turned, place=over(weight, *(axes if turned else axes[::-1])))
    products, size = partial(_products, w=w, joined=joined, product=product), _at_once(x, dy, w, joined)
    cut = len(x) - len(x) % size
    total = products(x[cut:], dy[cut:])
    if cut:
        parts = tuple(a[:cut].reshape(-1, size, *a.shape[1:]) for a in (x, dy))
        zeros = loop_zeros(total.shape, total.dtype, x, dy, sharding=jax.typeof(total).sharding)
        total = total + jax.lax.scan(lambda sum_, part: (sum_ + products(*part), None), zeros, parts)[0]
    total = jax.lax.optimization_barrier(total)  # else XLA turns the product instead of its result
    if not turned:
        return total.reshape(math.prod(w.size) * shared, out).T.reshape(weight.shape)
    return total.reshape(len(total), groups, out, joined, shared).transpose(1, 2, 0, 3, 4).reshape(weight.shape)


def _joined(x: Float[Array, "batch *space in"], dy: Float[Array, "batch *outputs out"], w: Windows, groups: int) -> int:
    """How many places share a product."""
    places, row = math.prod(w.size), w.size[-1]
    if groups > 1:  # whose channels cannot stand side by side
        return 1
    if x.shape[-1] * places <= min(_COLUMNS, dy.shape[-1]):
        return places
    # Measured on CPUs alone.
    return row if row <= _ROW and places <= _UNROLLED and jax.default_backend() == "cpu" else 1


def _at_once(
    x: Float[Array, "batch *space in"], dy: Float[Array, "batch *outputs out"], w: Windows, joined: int
) -> int:
    """How many examples to take at a time; more than there are where a loop does not pay."""
    copied, read = joined * x.size * x.dtype.itemsize, dy.size * dy.dtype.itemsize
    # One product that copies no more than dy reads dy once. What the larger caches hold loses by a loop. On another
    # kind of device it would only be slower, and what lies over several devices is theirs to cut.
    once = joined == math.prod(w.size) and copied <= read
    if once or jax.default_backend() != "cpu" or copied + read < _LARGE or jax.typeof(x).sharding.spec[0]:
        return len(x) + 1
    most = max(1, _CACHED * len(x) // (copied + read))
    # Rather a few less than some left over at the end, which are a second program.
    return next((n for n in range(most, most // 2, -1) if len(x) % n == 0), most)


def _products(
    x: Float[Array, "batch *space in"],
    dy: Float[Array, "batch *outputs out"],
    w: Windows,
    joined: int,
    product: Callable[[Array, Array], Array],
) -> Float[Array, "products ..."]:
    """What so many places of the kernel at a time saw, times dy."""
    padded, rows, corners = pad(x, w), examples(dy), list(w.places())
    strips = [corners[i : i + joined] for i in range(0, len(corners), joined)]

    def of(strip: Any) -> Array:
        # Side by side before they are rows: the other way round each is copied once more.
        columns = jnp.concatenate([seen(padded, w, corner) for corner in strip], axis=-1)
        return product(examples(columns), rows)

    if len(corners) <= _UNROLLED or joined == len(corners):
        return jnp.stack(list(map(of, strips)))
    return jax.lax.map(of, np.array(strips, np.int32))


def _product(
    x: Float[Array, "all in"], dy: Float[Array, "all out"], *, groups: int, turned: bool, place: NamedSharding
) -> Float[Array, "..."]:
    """Σ x dyᵀ; or turned Σ dy xᵀ, for each block of channels."""
    if not turned:
        return matmul(x.T, dy, place)
    if groups == 1:
        return matmul(dy.T, x, place)
    dtype = accumulation_dtype(jnp.result_type(x, dy))
    x, dy = (a.reshape(len(a), groups, a.shape[1] // groups) for a in (x, dy))
    return jnp.einsum("ngo,ngi->goi", dy, x, preferred_element_type=dtype, out_sharding=place)
