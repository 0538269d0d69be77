"""A cotangent in another dtype than its primal's, or a backward pass that computes in too few bits."""

import jax
import jax.numpy as jnp

from .entry import normal, pair, wide

PAIRS = []


def swish(x):
    return x * jax.nn.sigmoid(x)


def swish_wide(x, dy):
    x, dy = wide(x), wide(dy)
    return dy * (jax.nn.sigmoid(x) + x * jax.nn.sigmoid(x) * jax.nn.sigmoid(-x))


def swish_bwd(saved, dy):
    (x,) = saved
    return (swish_wide(x, dy).astype(x.dtype),)


def swish_left_in_float32_bwd(saved, dy):
    return (swish_wide(*saved, dy),)


def swish_always_float32_bwd(saved, dy):
    (x,) = saved
    return (swish_wide(x, dy).astype(x.dtype if jnp.finfo(x.dtype).bits < 32 else jnp.float32),)


def swish_computed_in_bfloat16_bwd(saved, dy):
    (x,) = saved
    return (swish_wide(x.astype(jnp.bfloat16), dy.astype(jnp.bfloat16)).astype(x.dtype),)


PAIRS.append(pair("cotangent dtype", swish, swish_left_in_float32_bwd, swish_bwd, lambda: (normal(4, 3),)))
PAIRS.append(pair("cotangent dtype", swish, swish_always_float32_bwd, swish_bwd, lambda: (normal(5),)))
PAIRS.append(pair("low precision", swish, swish_computed_in_bfloat16_bwd, swish_bwd, lambda: (normal(4, 4),)))


def mixed_linear(x, w):
    """Activations in bfloat16, parameters in float32."""
    return (wide(x) @ w.astype(wide(x).dtype)).astype(x.dtype)


def mixed_linear_grads(x, w, dy):
    x, w, dy = wide(x), w.astype(wide(x).dtype), wide(dy)
    return dy @ w.T, x.T @ dy


def mixed_linear_bwd(saved, dy):
    x, w = saved
    dx, dw = mixed_linear_grads(x, w, dy)
    return dx.astype(x.dtype), dw.astype(w.dtype)


def mixed_linear_weight_in_dtype_of_x_bwd(saved, dy):
    x, w = saved
    dx, dw = mixed_linear_grads(x, w, dy)
    return dx.astype(x.dtype), dw.astype(x.dtype)


PAIRS.append(
    pair(
        "cotangent dtype",
        mixed_linear,
        mixed_linear_weight_in_dtype_of_x_bwd,
        mixed_linear_bwd,
        lambda: (normal(4, 3, dtype="bfloat16"), normal(3, 5, seed=1)),
    )
)


def select_column(x, index):
    return x[:, index]


def select_column_bwd(saved, dy):
    x, index = saved
    return jnp.zeros_like(x).at[:, index].set(dy), None


def select_column_zeros_of_default_dtype_bwd(saved, dy):
    x, index = saved
    return jnp.zeros(x.shape).at[:, index].set(dy), None


PAIRS.append(
    pair(
        "cotangent dtype",
        select_column,
        select_column_zeros_of_default_dtype_bwd,
        select_column_bwd,
        lambda: (normal(4, 3), jnp.array(1)),
    )
)


def shift_features(x, bias):
    return x + bias


def shift_features_bwd(saved, dy):
    _, bias = saved
    return dy, jnp.sum(wide(dy), axis=0).astype(bias.dtype)


def shift_features_added_in_half_bwd(saved, dy):  # the running sum stalls at 256 in bfloat16, as Liger-Kernel#950
    def add(total, row):
        return total + row, None

    return dy, jax.lax.scan(add, jnp.zeros_like(dy[0]), dy)[0]


PAIRS.append(
    pair(
        "low precision",
        shift_features,
        shift_features_added_in_half_bwd,
        shift_features_bwd,
        lambda: (normal(16, 3), normal(3, seed=1)),
    )
)


def rms(x):
    """Root mean square of each row, with the squares in float32."""
    return jnp.sqrt(jnp.mean(wide(x) ** 2, axis=-1) + 1e-6).astype(x.dtype)


def rms_bwd(saved, dy):
    (x,) = saved
    y = jnp.sqrt(jnp.mean(wide(x) ** 2, axis=-1) + 1e-6)
    return ((wide(x) * (wide(dy) / y)[..., None] / x.shape[-1]).astype(x.dtype),)


def rms_squares_in_half_bwd(saved, dy):
    (x,) = saved
    y = jnp.sqrt(jnp.mean(x**2, axis=-1) + 1e-6)
    return (x * (dy / y)[..., None] / x.shape[-1],)


PAIRS.append(pair("low precision", rms, rms_squares_in_half_bwd, rms_bwd, lambda: (normal(4, 6),)))


def log_softmax(x):
    return jax.nn.log_softmax(wide(x), axis=-1).astype(x.dtype)


def log_softmax_bwd(saved, dy):
    (x,) = saved
    total = jnp.sum(wide(dy), axis=-1, keepdims=True)
    return ((wide(dy) - jax.nn.softmax(wide(x), axis=-1) * total).astype(x.dtype),)


def log_softmax_total_in_half_bwd(saved, dy):
    (x,) = saved

    def add(total, column):
        return total + column, None

    total, _ = jax.lax.scan(add, jnp.zeros_like(dy[..., 0]), jnp.moveaxis(dy, -1, 0))
    return ((wide(dy) - jax.nn.softmax(wide(x), axis=-1) * wide(total)[..., None]).astype(x.dtype),)


PAIRS.append(
    pair("low precision", log_softmax, log_softmax_total_in_half_bwd, log_softmax_bwd, lambda: (normal(3, 8),))
)
