"""Attention from a block of queries to a block of keys at a time, forwards and backwards.

Queries are (…, kv, group, queries, size), keys and values (…, kv, keys, size): `group` heads share each of them.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Bool, Float

from ..core.cotangent import loop_zeros
from ..core.precision import accumulation_dtype
from ..core.sharding import over

# On a CPU the scores of a small block stay in the cache until they are used up; elsewhere fewer steps count for more.
_SMALL_BLOCK, _LARGE_BLOCK = 256, 512


class Meeting(NamedTuple):
    """How many queries meet how many keys, which of them, and how many of each at a time."""

    queries: int
    keys: int
    scale: float
    mask: Bool[Array, "..."] | None  # (…, kv, group, queries, keys), with 1 in place of all but the last two
    causal: bool
    rows: int
    columns: int

    @classmethod
    def of(
        cls, q: tuple[int, ...], k: tuple[int, ...], mask: Bool[Array, "..."] | None, causal: bool, block: int | None
    ) -> "Meeting":
        """That of a q and a k of these shapes, as `attention` is given them."""
        block = block or (_SMALL_BLOCK if jax.default_backend() == "cpu" else _LARGE_BLOCK)
        queries, keys, rows, columns = q[-3], k[-3], min(block, q[-3]), min(block, k[-3])
        if mask is not None:
            mask = mask[None] if mask.ndim == 1 else mask
            mask = jnp.broadcast_to(mask, (*mask.shape[:-2], queries, keys))
            if mask.ndim > 2:
                kv = k[-2] if mask.shape[-3] > 1 else 1
                mask = mask.reshape(*mask.shape[:-3], kv, mask.shape[-3] // kv, queries, keys)
            mask = _padded(_padded(mask, -2, rows), -1, columns)
        return cls(queries, keys, 1 / math.sqrt(q[-1]), mask, causal, rows, columns)

    def scores(self, q: Array, k: Array, row: Any, column: Any) -> Float[Array, "... rows columns"]:
        """Of one block of queries with one of keys, by their numbers; −∞ where they do not meet."""
        first, start = row * self.rows, column * self.columns
        query, key = first + jnp.arange(self.rows)[:, None], start + jnp.arange(self.columns)
        allowed = (key < self.keys) & ((query >= key) | (not self.causal))
        if self.mask is not None:
            cut = lax.dynamic_slice_in_dim(self.mask, first, self.rows, self.mask.ndim - 2)
            allowed = allowed & lax.dynamic_slice_in_dim(cut, start, self.columns, cut.ndim - 1)
        return jnp.where(allowed, self.scale * _product("...gqd,...kd->...gqk", q, k), -jnp.inf)

    def where_met(self, row: Any, column: Any, compute: Callable[[], Any], otherwise: Any) -> Any:
        """What `compute` returns, where any of a block's queries may see any of the other's keys."""
        if not self.causal or isinstance(row, int) or isinstance(column, int):
            return compute()
        return lax.cond((row + 1) * self.rows > column * self.columns, compute, lambda: otherwise)


def attend(meeting: Meeting, q: Array, k: Array, v: Array) -> tuple[Array, Array]:
    """The outputs, and the logarithm of each query's sum of exponentials: +∞ where it sees nothing."""
    wide, keys, values = accumulation_dtype(jnp.result_type(q, k, v)), *_columns(meeting, k, v)

    def of_rows(nothing: tuple[()], row: Any, q: Array) -> tuple[tuple[()], tuple[Array, Array]]:
        def add(before: tuple[Array, ...], column: Any, k: Array, v: Array) -> tuple[tuple[Array, ...], tuple[()]]:
            def sums() -> tuple[Array, ...]:
                largest, total, y = before
                scores = meeting.scores(q, k, row, column)
                new = jnp.maximum(largest, scores.max(-1))
                shift = jnp.where(new == -jnp.inf, 0, new)
                p, kept = jnp.exp(scores - shift[..., None]), jnp.exp(largest - shift)
                y = kept[..., None] * y + _product("...gqk,...kd->...gqd", p.astype(v.dtype), v)
                return new, kept * total + p.sum(-1), y

            return meeting.where_met(row, column, sums, before), ()

        place = over(q, *range(q.ndim - 1), None)
        zeros = loop_zeros((*q.shape[:-1], v.shape[-1]), wide, q, k, v, sharding=place)
        (largest, total, y), _ = _over(add, (zeros[..., 0] - jnp.inf, zeros[..., 0], zeros), keys, values)
        empty = total == 0
        total = jnp.where(empty, 1, total)
        return nothing, (y / total[..., None], jnp.where(empty, jnp.inf, largest + jnp.log(total)))

    _, (y, log_sum) = _over(of_rows, (), _blocks(q, meeting.rows))
    return _joined(y, meeting.queries), _joined(log_sum[..., None], meeting.queries)[..., 0]


def attend_backwards(
    meeting: Meeting, q: Array, k: Array, v: Array, dy: Array, log_sum: Array, shares: Array
) -> tuple[Array, Array, Array]:
    """The cotangents of q, k and v; `shares` is Σ dy y of each query."""
    wide = accumulation_dtype(jnp.result_type(q, k, v))
    rows = tuple(_blocks(x, meeting.rows) for x in (q, dy, log_sum[..., None], shares[..., None]))

    def zeros_like(x: Array) -> Array:
        return loop_zeros(x.shape, wide, q, k, v, dy, sharding=jax.typeof(x).sharding)

    def of_columns(dq: Array, column: Any, k: Array, v: Array) -> tuple[Array, tuple[Array, Array]]:
        def add(before: tuple[Array, Array], row: Any, *of_row: Array) -> tuple[tuple[Array, Array], Array]:
            q, dy, log_sum, share = of_row

            def sums() -> tuple[tuple[Array, Array], Array]:
                p = jnp.exp(meeting.scores(q, k, row, column) - log_sum)
                dp = _product("...gqd,...kd->...gqk", dy, v)
                ds = (meeting.scale * p * (dp - share)).astype(q.dtype)
                # XLA on CPU multiplies by what is turned up to four times as slowly; these are smaller than the scores.
                q_turned, dy_turned = (jnp.moveaxis(x, -1, -3) for x in (q, dy))
                dk = before[0] + _product("...dgq,...gqk->...dk", q_turned, ds)
                dv = before[1] + _product("...dgq,...gqk->...dk", dy_turned, p.astype(dy.dtype))
                return (dk, dv), _product("...gqk,...kd->...gqd", ds, k)

            return meeting.where_met(row, column, sums, (before, zeros_like(q)))

        zeros = tuple(zeros_like(jnp.swapaxes(x, -1, -2)) for x in (k, v))
        found, dq_rows = _over(add, zeros, *rows)
        return dq + dq_rows, found

    dq, (dk, dv) = _over(of_columns, zeros_like(rows[0]), *_columns(meeting, k, v))
    dk, dv = (_joined(jnp.swapaxes(x, -1, -2), meeting.keys) for x in (dk, dv))
    return _joined(dq, meeting.queries), dk, dv


def _over(step: Callable, start: Any, *xs: Array) -> tuple[Any, Any]:
    """A scan over blocks, which are counted; where there is just one, that step alone."""
    if len(xs[0]) == 1:
        state, out = step(start, 0, *(x[0] for x in xs))
        return state, jax.tree.map(lambda x: x[None], out)
    return lax.scan(lambda state, at: step(state, *at), start, (jnp.arange(len(xs[0])), *xs))


def _product(equation: str, *xs: Array) -> Array:
    """An einsum that adds up half precision in float32."""
    return jnp.einsum(equation, *xs, preferred_element_type=accumulation_dtype(jnp.result_type(*xs)))


def _columns(meeting: Meeting, *xs: Array) -> tuple[Array, ...]:
    return tuple(_blocks(x, meeting.columns) for x in xs)


def _blocks(x: Array, size: int) -> Array:
    """(…, n, d) as (blocks, …, size, d), filled up with zeros."""
    filled = _padded(x, -2, size)
    count = filled.shape[-2] // size if size else 1
    return jnp.moveaxis(filled.reshape(*x.shape[:-2], count, size, x.shape[-1]), -3, 0)


def _joined(blocks: Array, count: int) -> Array:
    """What `_blocks` made, together again, without what filled it up."""
    apart = jnp.moveaxis(blocks, 0, -3)
    return apart.reshape(*apart.shape[:-3], -1 if apart.size else count, apart.shape[-1])[..., :count, :]


def _padded(x: Array, axis: int, size: int) -> Array:
    missing = -x.shape[axis] % size if size else 0
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, missing)
    return jnp.pad(x, widths) if missing else x
