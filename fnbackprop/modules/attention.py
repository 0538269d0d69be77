"""Attention, each position's mean of values, weighted by how well its query fits their keys (Vaswani et al. 2017)."""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from ..core.cotangent import match_cotangent
from ..core.errors import ShapeError
from ..core.precision import widen
from .attention_blocks import Meeting, attend, attend_backwards
from .attention_examples import over_examples


class AttentionResiduals(NamedTuple):
    q: Float[Array, "*batch queries heads size"]
    k: Float[Array, "*batch keys kv size"]
    v: Float[Array, "*batch keys kv width"]
    mask: Bool[Array, "..."] | None
    y: Float[Array, "*batch queries heads width"]
    log_sum: Float[Array, "*batch kv group queries"]


@partial(jax.custom_vjp, nondiff_argnums=(4, 5))
def attention(
    q: Float[Array, "*batch queries heads size"],
    k: Float[Array, "*batch keys kv size"],
    v: Float[Array, "*batch keys kv width"],
    mask: Bool[Array, "..."] | None = None,
    causal: bool = False,
    block: int | None = None,
) -> Float[Array, "*batch queries heads width"]:
    """Scaled dot-product attention (Vaswani et al. 2017), block by block (Dao et al. 2022, FlashAttention).

    Forward:  s = q kᵀ / √size,  p = softmax(s) over the keys that are allowed,  y = p v
    Backward: dv = pᵀ dy,  dp = dy vᵀ,  ds = p (dp − Σ dy y),  dq = ds k / √size,  dk = dsᵀ q / √size

    q is (*batch, queries, heads, size), k (*batch, keys, kv, size); v and y have a width of their own in place of size.
    mask: which keys each query may see, of a shape that broadcasts to (*batch, heads, queries, keys). causal: query t
    sees the keys 0 … t, and no others. Heads that share keys and values (grouped queries) lie next to each other: kv
    divides heads, and their cotangents are summed. A query that may see nothing gets 0, and gives none.

    Kept are q, k, v, y and the logarithm of each query's sum; p is made again, `block` queries by `block` keys at a
    time (256 on a CPU, else 512), so that memory grows with the context, not with its square. Half precision is summed
    in float32. Raises ShapeError for shapes that do not meet.
    """
    return attention_fwd(q, k, v, mask, causal, block)[0]


def attention_fwd(
    q: Float[Array, "*batch queries heads size"],
    k: Float[Array, "*batch keys kv size"],
    v: Float[Array, "*batch keys kv width"],
    mask: Bool[Array, "..."] | None = None,
    causal: bool = False,
    block: int | None = None,
) -> tuple[Float[Array, "*batch queries heads width"], AttentionResiduals]:
    _check(q, k, v)
    meeting = Meeting.of(q.shape, k.shape, mask, causal, block)
    y, log_sum = over_examples(_attend, meeting, q, k, v)
    return y, AttentionResiduals(q, k, v, mask, y, log_sum)


def attention_bwd(
    causal: bool, block: int | None, residuals: AttentionResiduals, dy: Float[Array, "*batch queries heads width"]
) -> tuple[
    Float[Array, "*batch queries heads size"],
    Float[Array, "*batch keys kv size"],
    Float[Array, "*batch keys kv width"],
    None,
]:
    q, k, v, mask, y, log_sum = residuals
    meeting = Meeting.of(q.shape, k.shape, mask, causal, block)
    dq, dk, dv = over_examples(_attend_backwards, meeting, q, k, v, y, log_sum, dy)
    return match_cotangent(dq, q), match_cotangent(dk, k), match_cotangent(dv, v), None


attention.defvjp(attention_fwd, attention_bwd)


def attention_reference(
    q: Float[Array, "*batch queries heads size"],
    k: Float[Array, "*batch keys kv size"],
    v: Float[Array, "*batch keys kv width"],
    mask: Bool[Array, "..."] | None = None,
    causal: bool = False,
    block: int | None = None,
) -> Float[Array, "*batch queries heads width"]:
    """`attention` for automatic differentiation; all at once, whatever `block` says."""
    _check(q, k, v)
    group = q.shape[-2] // k.shape[-2]
    k, v = (jnp.repeat(widen(x), group, axis=-2) for x in (k, v))
    scores = jnp.einsum("...qhd,...khd->...hqk", widen(q), k) / math.sqrt(q.shape[-1])
    allowed = jnp.ones(scores.shape[-2:], bool) if mask is None else mask
    if causal:
        allowed = allowed & jnp.tril(jnp.ones(scores.shape[-2:], bool))
    allowed = jnp.broadcast_to(allowed, scores.shape)
    # A row that may see nothing has no softmax: its scores are kept finite, and then left out.
    scores = jnp.where(allowed | ~allowed.any(-1, keepdims=True), scores, -jnp.inf)
    shares = jnp.where(allowed, jax.nn.softmax(scores, axis=-1), 0)
    return jnp.einsum("...hqk,...khd->...qhd", shares, v).astype(q.dtype)


def _check(q: Array, k: Array, v: Array) -> None:
    fits = q.ndim >= 3 and q.shape[-1] == k.shape[-1] and k.shape[:-1] == v.shape[:-1] and q.shape[:-3] == k.shape[:-3]
    if not fits or q.shape[-2] % k.shape[-2]:
        raise ShapeError(
            f"attention got q of shape {q.shape}, k of {k.shape} and v of {v.shape}; it wants (…, queries, heads, "
            "size), (…, keys, kv, size) and (…, keys, kv, width), where kv divides heads"
        )


def _attend(meeting: Meeting, q: Array, k: Array, v: Array) -> tuple[Array, Array]:
    y, log_sum = attend(meeting, _by_head(q, k), *_keys_by_head(k, v))
    return _by_time(y).astype(jnp.result_type(q, k, v)), log_sum


def _attend_backwards(
    meeting: Meeting, q: Array, k: Array, v: Array, y: Array, log_sum: Array, dy: Array
) -> tuple[Array, Array, Array]:
    # Σ p dp over the keys, since y = p v.
    shares = _by_head(jnp.sum(widen(dy) * widen(y), axis=-1, keepdims=True), k)[..., 0]
    by_head = _by_head(q, k), *_keys_by_head(k, v), _by_head(dy, k), log_sum, shares
    dq, dk, dv = attend_backwards(meeting, *by_head)
    dk, dv = _keys_by_head(dk, dv)
    return _by_time(dq), dk, dv


def _by_head(x: Array, k: Array) -> Array:
    """(…, queries, heads, size) as (…, kv, group, queries, size)."""
    *batch, queries, heads, size = x.shape
    grouped = x.reshape(*batch, queries, k.shape[-2], heads // k.shape[-2], size)
    return jnp.moveaxis(grouped, -4, -2)


def _keys_by_head(*xs: Array) -> tuple[Array, ...]:
    """(…, keys, kv, size) as (…, kv, keys, size), and back."""
    return tuple(jnp.swapaxes(x, -3, -2) for x in xs)


def _by_time(x: Array) -> Array:
    *batch, kv, group, queries, size = x.shape
    return jnp.moveaxis(x, -2, -4).reshape(*batch, queries, kv * group, size)
