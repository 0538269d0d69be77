"""What language models are made of, one number after the other."""

from functools import partial

import numpy as np

from fnbackprop.modules.attention import attention, attention_reference
from fnbackprop.modules.embedding import embedding, embedding_reference
from fnbackprop.modules.positions import positions, positions_reference
from fnbackprop.modules.rotary import rotary, rotary_reference

from .case import BATCHES, Case, soft

V, BASE = 4, 50.0


def each_head(q, k, v, mask, causal):
    """For each query: where it is, its head of keys, which keys it sees, and its softmax over them."""
    *batch, queries, heads, size = q.shape
    group = heads // k.shape[-2]
    for place in np.ndindex(*batch):
        for t, head in np.ndindex(queries, heads):
            seen = np.array([(mask is None or mask[t, s]) and (s <= t or not causal) for s in range(k.shape[-3])], bool)
            if seen.any():
                at, kv = (*place, t, head), (*place, seen, head // group)
                yield at, kv, soft(k[kv] @ q[at] / np.sqrt(size))


def attend(q, k, v, mask=None, causal=False):
    y = np.zeros((*q.shape[:-1], v.shape[-1]))
    for at, kv, p in each_head(q, k, v, mask, causal):
        y[at] = p @ v[kv]
    return y


def attend_backward(dy, q, k, v, mask=None, causal=False):
    dq, dk, dv = (np.zeros_like(x) for x in (q, k, v))
    for at, kv, p in each_head(q, k, v, mask, causal):
        # The softmax's Jacobian, written out.
        ds = (np.diag(p) - np.outer(p, p)) @ (v[kv] @ dy[at]) / np.sqrt(q.shape[-1])
        dq[at] = ds @ k[kv]
        np.add.at(dk, kv, np.outer(ds, q[at]))
        np.add.at(dv, kv, np.outer(p, dy[at]))
    return dq, dk, dv


def make_attention(rng, batch, masked=False):
    q, k, v = rng.normal(size=(*batch, 5, 4, 2)), rng.normal(size=(*batch, 5, 2, 2)), rng.normal(size=(*batch, 5, 2, 3))
    mask = rng.random((5, 5)) < 0.6
    mask[1] = False
    return (q, k, v, mask) if masked else (q, k, v)


def turns(x, way):
    """Each pair as a complex number, turned."""
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[-3])[:, None, None] * BASE ** (-np.arange(half) / half)
    z = (x[..., :half] + 1j * x[..., half:]) * np.exp(way * 1j * angles)
    return np.concatenate([z.real, z.imag], axis=-1)


def embedding_backward(dy, tokens, weight):
    dweight = np.zeros_like(weight)
    for place in np.ndindex(*tokens.shape):
        dweight[tokens[place]] += dy[place]
    return (dweight,)


def positions_backward(dy, x, weight):
    dweight = np.zeros_like(weight)
    dweight[: x.shape[-2]] = dy.sum(tuple(range(dy.ndim - 2)))
    return dy, dweight


CASES = (
    Case(
        "attention",
        attention,
        attention_reference,
        partial(make_attention, masked=True),
        attend,
        attend_backward,
        ((2,), (), (0,)),
        keeps_output=True,
    ),
    Case(
        "attention, causal, in blocks of 2",
        partial(attention, causal=True, block=2),
        partial(attention_reference, causal=True, block=2),
        make_attention,
        partial(attend, causal=True),
        partial(attend_backward, causal=True),
        ((2,),),
        keeps_output=True,
    ),
    Case(
        "embedding",
        embedding,
        embedding_reference,
        lambda rng, shape: (rng.integers(0, V, shape), rng.normal(size=(V, 3))),
        lambda tokens, weight: weight[tokens],
        embedding_backward,
        BATCHES,
    ),
    Case(
        "positions",
        positions,
        positions_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3, 2)), rng.normal(size=(5, 2))),
        lambda x, weight: x + weight[:3],
        positions_backward,
        BATCHES,
    ),
    Case(
        "rotary",
        rotary,
        rotary_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3, 2, 4)), BASE),
        lambda x, _: turns(x, 1),
        lambda dy, x, _: (turns(dy, -1),),
        BATCHES,
    ),
)
