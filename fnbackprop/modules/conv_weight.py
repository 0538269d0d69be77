"""The cotangent of a convolution's weight: a matrix product for each place of the kernel, or one for all."""

import math
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

# Places of a kernel up to which each has its own matrix product in the program; a loop over more compiles as fast.
_UNROLLED = 64
# Columns up to which one product over what all the places saw, copied side by side, beats one for each place: few
# channels are no work for a product, and dy is read once.
_COLUMNS = 32
# A processor's cache holds so many bytes: every place reads the same numbers again.
_CACHED = 768 * 1024


def conv_weight_gradient(
    x: Float[Array, "batch *space in"],
    dy: Float[Array, "batch *outputs out"],
    weight: Float[Array, "out *kernel shared"],
    w: Windows,
    groups: int,
) -> Float[Array, "out *kernel shared"]:
    """dW[k] = Σ dy[p] x[s p + d k − before]ᵀ over the batch and the places p; on a CPU a few examples at a time.

    With few channels it is one product, for which a copy is made that is no larger than dy.
    """
    columns = x.shape[-1] * math.prod(w.size)
    if groups == 1 and columns <= min(_COLUMNS, dy.shape[-1]) and not jax.typeof(x).sharding.spec[-1]:
        dW = _column_product(x, dy, w, over(weight, None, 0))
        return jnp.moveaxis(dW.reshape(*w.size, x.shape[-1], dy.shape[-1]), -1, 0)
    place = over(weight, -1, 0) if groups == 1 else over(weight, None, None, -1)
    products, size = partial(_products, w=w, groups=groups, place=place), _at_once(x, dy)
    cut = len(x) - len(x) % size
    total = products(x[cut:], dy[cut:])
    if cut:
        parts = tuple(a[:cut].reshape(-1, size, *a.shape[1:]) for a in (x, dy))
        zeros = loop_zeros(total.shape, total.dtype, x, dy, sharding=jax.typeof(total).sharding)
        total = total + jax.lax.scan(lambda sum_, part: (sum_ + products(*part), None), zeros, parts)[0]
    return total.transpose(1, 3, 0, 2).reshape(weight.shape)


def _at_once(x: Float[Array, "batch *space in"], dy: Float[Array, "batch *outputs out"]) -> int:
    """How many examples to take at a time; more than there are where a loop does not pay."""
    size = x.size * x.dtype.itemsize + dy.size * dy.dtype.itemsize
    # What the larger caches hold loses by a loop. On another kind of device it would only be slower, and what lies
    # over several devices is theirs to cut.
    if jax.default_backend() != "cpu" or size < 8 * _CACHED or jax.typeof(x).sharding.spec[0]:
        return len(x) + 1
    most = max(1, _CACHED * len(x) // size)
    # Rather a few less than some left over at the end, which are a second program.
    return next((n for n in range(most, most // 2, -1) if len(x) % n == 0), most)


def _products(
    x: Float[Array, "batch *space in"],
    dy: Float[Array, "batch *outputs out"],
    w: Windows,
    groups: int,
    place: NamedSharding,
) -> Float[Array, "places groups shared out_of_each"]:
    """What each place of the kernel saw, times dy."""
    padded, rows, corners = pad(x, w), examples(dy), list(w.places())

    def of(corner: Any) -> Array:
        return _product(examples(seen(padded, w, corner)), rows, groups, place)

    if len(corners) <= _UNROLLED:
        return jnp.stack(list(map(of, corners)))
    return jax.lax.map(of, np.array(corners, np.int32))


def _column_product(
    x: Float[Array, "batch *space in"], dy: Float[Array, "batch *outputs out"], w: Windows, place: NamedSharding
) -> Float[Array, "places_in out"]:
    padded = pad(x, w)
    columns = jnp.concatenate([examples(seen(padded, w, corner)) for corner in w.places()], axis=-1)
    return _product(columns, examples(dy), 1, place)[0]


def _product(
    x: Float[Array, "all in"], dy: Float[Array, "all out"], groups: int, place: NamedSharding
) -> Float[Array, "groups shared out_of_each"]:
    """Σ x dyᵀ for each block of channels; in this order, since XLA on CPU takes twice as long over the transpose."""
    if groups == 1:
        return matmul(x.T, dy, place)[None]
    dtype = accumulation_dtype(jnp.result_type(x, dy))
    x, dy = (a.reshape(len(a), groups, a.shape[1] // groups) for a in (x, dy))
    # The other order here: XLA adds up a long sum of small blocks more exactly so.
    return jnp.einsum("ngo,ngi->goi", dy, x, preferred_element_type=dtype, out_sharding=place).swapaxes(1, 2)
