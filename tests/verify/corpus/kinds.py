"""Right for arguments that are not plain float32 arrays: integers, masks, keys, plain numbers, scalars, nothing."""

import jax
import jax.numpy as jnp
import numpy as np

from .entry import in_float32, normal, tricky, uniform

TRICKY = []


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=-1))


def cross_entropy_grad(logits, labels, dy):
    one_hot = jax.nn.one_hot(labels % logits.shape[-1], logits.shape[-1], dtype=logits.dtype)
    return dy * (jax.nn.softmax(logits) - one_hot) / len(labels)


@in_float32
def cross_entropy_bwd(saved, dy):
    return cross_entropy_grad(*saved, dy), None


def cross_entropy_float0_bwd(saved, dy):
    logits, labels = saved
    return cross_entropy_grad(logits, labels, dy).astype(logits.dtype), np.zeros(labels.shape, jax.dtypes.float0)


def labelled():
    return normal(4, 5), jnp.array([1, 0, 4, 4])


TRICKY.append(tricky("integer labels", cross_entropy, cross_entropy_bwd, labelled))
TRICKY.append(
    tricky("a float0 cotangent, spelled out", cross_entropy, cross_entropy_float0_bwd, labelled, "cross_entropy_float0")
)


def fill(x, mask, value):
    return jnp.where(mask, value, x)


@in_float32
def fill_bwd(saved, dy):
    _, mask, _ = saved
    return jnp.where(mask, 0, dy), None, jnp.sum(jnp.where(mask, dy, 0))


TRICKY.append(
    tricky("a boolean mask", fill, fill_bwd, lambda: (normal(4, 3), normal(4, 3, seed=1) > 0, jnp.float32(-1)))
)


def dropout(key, x):
    return jnp.where(jax.random.bernoulli(key, 0.8, x.shape), x / 0.8, 0)


@in_float32
def dropout_bwd(saved, dy):
    key, x = saved
    return None, jnp.where(jax.random.bernoulli(key, 0.8, x.shape), dy / 0.8, 0)


TRICKY.append(tricky("a typed key", dropout, dropout_bwd, lambda: (jax.random.key(0), normal(4, 6))))
TRICKY.append(
    tricky("a key of integers", dropout, dropout_bwd, lambda: (jax.random.PRNGKey(0), normal(4, 6)), "dropout_raw_key")
)


def multiply(x, factor):
    return x * factor


def multiply_bwd(saved, dy):
    x, factor = saved
    return (dy * factor).astype(x.dtype), jnp.sum(dy * x).astype(jnp.result_type(factor))


TRICKY.append(tricky("a Python number is an argument", multiply, multiply_bwd, lambda: (normal(4, 3), 2.5)))


def repeat(x, times, flip, mode):
    y = jnp.concatenate([x] * times) if mode == "tile" else jnp.repeat(x, times)
    return y[::-1] if flip else y


def repeat_bwd(times, flip, mode, saved, dy):
    dy = dy[::-1] if flip else dy
    return (dy.reshape(times, -1).sum(0) if mode == "tile" else dy.reshape(-1, times).sum(1),)


TRICKY.append(
    tricky(
        "an integer, a boolean and a string are static",
        repeat,
        repeat_bwd,
        lambda: (normal(4), 3, True, "tile"),
        nondiff_argnums=(1, 2, 3),
    )
)


def rosenbrock(a, b):
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2


@in_float32
def rosenbrock_bwd(saved, dy):
    a, b = saved
    return dy * (-2 * (1 - a) - 400 * a * (b - a * a)), dy * 200 * (b - a * a)


TRICKY.append(tricky("0-dimensional arrays", rosenbrock, rosenbrock_bwd, lambda: (normal(), normal(seed=1))))


def doubled(x):
    return 2 * x


def doubled_bwd(saved, dy):
    return (2 * dy,)


TRICKY.append(tricky("an empty array", doubled, doubled_bwd, lambda: (jnp.zeros((0, 3)),), "doubled_nothing"))


def dequantize(q, scale):
    return q.astype(scale.dtype) * scale


@in_float32
def dequantize_bwd(saved, dy):
    q, scale = saved
    return None, jnp.sum(dy * q.astype(scale.dtype), axis=0)


TRICKY.append(
    tricky("8-bit integers", dequantize, dequantize_bwd, lambda: (jnp.array([[3, -7], [120, 0]], jnp.int8), uniform(2)))
)


def lookup(table, tokens):
    return table[tokens]


@in_float32
def lookup_bwd(saved, dy):
    table, tokens = saved
    return jnp.zeros_like(table).at[tokens].add(dy), None


TRICKY.append(
    tricky("repeated and negative indices", lookup, lookup_bwd, lambda: (normal(5, 2), jnp.array([[1, 1], [-1, 1]])))
)
