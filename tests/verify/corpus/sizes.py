"""Right at the size that was tried: wrong for more than one example, past a block of 128, or in an odd tail."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair

PAIRS = []


def affine(x, w, b):
    return x @ w.T + b


@in_float32
def affine_bwd(saved, dy):
    x, w, _ = saved
    return dy @ w, dy.T @ x, jnp.sum(dy, axis=0)


@in_float32
def affine_first_example_bwd(saved, dy):  # right for one example only, as in unsloth-zoo#778
    x, w, _ = saved
    return dy @ w, dy[0][:, None] * x[0][None, :], dy[0]


PAIRS.append(
    pair(
        "batch above 1",
        affine,
        affine_first_example_bwd,
        affine_bwd,
        lambda: (normal(1, 4), normal(3, 4, seed=1), normal(3, seed=2)),
    )
)


def softmax_cross_entropy(logits, labels):
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=-1)
    return -jnp.mean(picked)


@in_float32
def softmax_cross_entropy_bwd(saved, dy):
    logits, labels = saved
    one_hot = jax.nn.one_hot(labels % logits.shape[-1], logits.shape[-1], dtype=logits.dtype)
    return dy * (jax.nn.softmax(logits) - one_hot) / len(labels), None


@in_float32
def softmax_cross_entropy_not_averaged_bwd(saved, dy):
    logits, labels = saved
    one_hot = jax.nn.one_hot(labels % logits.shape[-1], logits.shape[-1], dtype=logits.dtype)
    return dy * (jax.nn.softmax(logits) - one_hot), None


PAIRS.append(
    pair(
        "batch above 1",
        softmax_cross_entropy,
        softmax_cross_entropy_not_averaged_bwd,
        softmax_cross_entropy_bwd,
        lambda: (normal(1, 5), jnp.array([2])),
    )
)


def squares_summed(x):
    return jnp.sum(x * x, axis=-1)


@in_float32
def squares_summed_bwd(saved, dy):
    (x,) = saved
    return (2 * x * dy[..., None],)


@in_float32
def squares_summed_first_block_only_bwd(saved, dy):
    (x,) = saved
    return (jnp.zeros_like(x).at[..., :128].set(2 * x[..., :128] * dy[..., None]),)


PAIRS.append(
    pair(
        "past a block of 128",
        squares_summed,
        squares_summed_first_block_only_bwd,
        squares_summed_bwd,
        lambda: (normal(4, 6),),
    )
)


def row_softmax(x):
    return jax.nn.softmax(x, axis=-1)


@in_float32
def row_softmax_bwd(saved, dy):
    y = jax.nn.softmax(saved[0], axis=-1)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


@in_float32
def row_softmax_tail_of_blocks_dropped_bwd(saved, dy):  # wrong where 128 does not divide the row: ROCm/triton#666
    y = jax.nn.softmax(saved[0], axis=-1)
    n = y.shape[-1]
    whole = n - n % 128 if n > 128 else n
    return (y * (dy - jnp.sum((y * dy)[..., :whole], axis=-1, keepdims=True)),)


PAIRS.append(
    pair(
        "past a block of 128",
        row_softmax,
        row_softmax_tail_of_blocks_dropped_bwd,
        row_softmax_bwd,
        lambda: (normal(2, 8),),
    )
)


def embedding(table, tokens):
    return table[tokens]


@in_float32
def embedding_bwd(saved, dy):
    table, tokens = saved
    return jnp.zeros_like(table).at[tokens].add(dy), None


@in_float32
def embedding_first_tokens_only_bwd(saved, dy):
    table, tokens = saved
    return jnp.zeros_like(table).at[tokens[:128]].add(dy[:128]), None


PAIRS.append(
    pair(
        "past a block of 128",
        embedding,
        embedding_first_tokens_only_bwd,
        embedding_bwd,
        lambda: (normal(10, 4), jnp.array([3, 1, 4, 1, 5])),
    )
)


def halve(x):
    """Means of neighbours; a last element without a neighbour is dropped."""
    n = x.shape[-1] // 2
    return (x[..., : 2 * n : 2] + x[..., 1 : 2 * n : 2]) / 2


@in_float32
def halve_bwd(saved, dy):
    (x,) = saved
    dx = jnp.repeat(dy / 2, 2, axis=-1)
    return (jnp.zeros_like(x).at[..., : dx.shape[-1]].set(dx),)


@in_float32
def halve_odd_tail_repeated_bwd(saved, dy):
    (x,) = saved
    dx = jnp.repeat(dy / 2, 2, axis=-1)
    missing = x.shape[-1] - dx.shape[-1]
    return (jnp.concatenate([dx, dx[..., :missing]], axis=-1),)


PAIRS.append(pair("odd tail", halve, halve_odd_tail_repeated_bwd, halve_bwd, lambda: (normal(3, 6),)))


def median(x):
    ranked = jnp.sort(x, axis=-1)
    n = x.shape[-1]
    return (ranked[..., (n - 1) // 2] + ranked[..., n // 2]) / 2


def median_pullback(x, dy, ranks):
    order = jnp.argsort(x, axis=-1)
    weights = jnp.zeros_like(x)
    for rank in ranks:
        weights += jax.nn.one_hot(order[..., rank], x.shape[-1], dtype=x.dtype) / len(ranks)
    return (dy[..., None] * weights,)


@in_float32
def median_bwd(saved, dy):
    n = saved[0].shape[-1]
    return median_pullback(*saved, dy, ranks=((n - 1) // 2, n // 2))


@in_float32
def median_of_even_count_bwd(saved, dy):
    return median_pullback(*saved, dy, ranks=(saved[0].shape[-1] // 2,))


PAIRS.append(pair("odd tail", median, median_of_even_count_bwd, median_bwd, lambda: (normal(4, 3),)))
