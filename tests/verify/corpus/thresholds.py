"""Wrong only past a threshold that normally distributed numbers do not reach."""

import jax
import jax.numpy as jnp

from .entry import elementwise, in_float32, normal, pair

PAIRS = []


def hard_sigmoid(x):
    return jnp.clip(x / 6 + 0.5, 0, 1)


def hard_sigmoid_slope(x):
    return jnp.where(jnp.abs(x) < 3, 1 / 6, 0).astype(x.dtype)


def hard_sigmoid_saturates_at_one(x):  # NNlib.jl#706
    return jnp.where(jnp.abs(x) < 3, 1 / 6, 1).astype(x.dtype)


PAIRS.append(
    pair(
        "never triggered",
        hard_sigmoid,
        elementwise(hard_sigmoid_saturates_at_one),
        elementwise(hard_sigmoid_slope),
        lambda: (0.5 * normal(4, 3),),
    )
)


def relu6(x):
    return jnp.clip(x, 0, 6)


def relu6_slope(x):
    return ((x > 0) & (x < 6)).astype(x.dtype)


def relu6_without_ceiling(x):
    return (x > 0).astype(x.dtype)


PAIRS.append(
    pair(
        "never triggered",
        relu6,
        elementwise(relu6_without_ceiling),
        elementwise(relu6_slope),
        lambda: (normal(4, 3),),
    )
)


def clamped_swiglu(gate, up):
    gate = jnp.minimum(gate, 7)
    return gate * jax.nn.sigmoid(gate) * jnp.clip(up, -7, 7)


def clamped_swiglu_pullback(gate, up, dy):
    sigmoid = jax.nn.sigmoid(jnp.minimum(gate, 7))
    silu = jnp.minimum(gate, 7) * sigmoid
    return dy * jnp.clip(up, -7, 7) * (sigmoid + silu * jax.nn.sigmoid(-jnp.minimum(gate, 7))), dy * silu


@in_float32
def clamped_swiglu_bwd(saved, dy):
    gate, up = saved
    dgate, dup = clamped_swiglu_pullback(gate, up, dy)
    return jnp.where(gate < 7, dgate, 0), jnp.where(jnp.abs(up) < 7, dup, 0)


@in_float32
def clamped_swiglu_clamp_forgotten_bwd(saved, dy):  # tests with normal numbers let it pass: TransformerEngine#3216
    return clamped_swiglu_pullback(*saved, dy)


PAIRS.append(
    pair(
        "never triggered",
        clamped_swiglu,
        clamped_swiglu_clamp_forgotten_bwd,
        clamped_swiglu_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)


def softplus(x):
    return jnp.logaddexp(x, jnp.zeros_like(x))


def softplus_slope(x):
    return jax.nn.sigmoid(x)


def softplus_no_slope_past_20(x):
    return jnp.where(x > 20, 0, jax.nn.sigmoid(x))


PAIRS.append(
    pair(
        "never triggered",
        softplus,
        elementwise(softplus_no_slope_past_20),
        elementwise(softplus_slope),
        lambda: (normal(4, 3),),
    )
)


def bounded_exp(x):
    return jnp.exp(jnp.minimum(x, 10))


def bounded_exp_slope(x):
    return jnp.where(x < 10, bounded_exp(x), 0)


def bounded_exp_bound_forgotten(x):
    return bounded_exp(x)


PAIRS.append(
    pair(
        "never triggered",
        bounded_exp,
        elementwise(bounded_exp_bound_forgotten),
        elementwise(bounded_exp_slope),
        lambda: (normal(4, 3),),
    )
)


def huber(error):
    size = jnp.abs(error)
    return jnp.where(size < 5, 0.5 * jnp.minimum(size, 5) ** 2, 5 * (size - 2.5))


def huber_slope(error):
    return jnp.clip(error, -5, 5)


def huber_compares_signed_error(error):  # attorch#13
    return jnp.minimum(error, 5)


PAIRS.append(
    pair(
        "never triggered",
        huber,
        elementwise(huber_compares_signed_error),
        elementwise(huber_slope),
        lambda: (normal(4, 3),),
    )
)


def cheap_gelu(x):
    return x * jax.nn.sigmoid(1.702 * x)


def cheap_gelu_slope(x):
    sigmoid = jax.nn.sigmoid(1.702 * x)
    return sigmoid + 1.702 * x * sigmoid * jax.nn.sigmoid(-1.702 * x)


def cheap_gelu_cut_at_four(x):
    return jnp.where(jnp.abs(x) < 4, cheap_gelu_slope(x), (x > 0).astype(x.dtype))


PAIRS.append(
    pair(
        "never triggered",
        cheap_gelu,
        elementwise(cheap_gelu_cut_at_four),
        elementwise(cheap_gelu_slope),
        lambda: (normal(4, 3),),
    )
)


def wrap_angle(x):
    return x - 2 * jnp.pi * jnp.floor(x / (2 * jnp.pi) + 0.5)


def wrap_angle_slope(x):
    return jnp.ones_like(x)


def wrap_angle_flat_outside(x):
    return (jnp.abs(x) < jnp.pi).astype(x.dtype)


PAIRS.append(
    pair(
        "never triggered",
        wrap_angle,
        elementwise(wrap_angle_flat_outside),
        elementwise(wrap_angle_slope),
        lambda: (0.5 * normal(5),),
    )
)


@in_float32
def log_one_plus_square_sum_bwd(saved, dy):
    (x,) = saved
    return (dy * 2 * x / (1 + jnp.sum(x * x)),)


@in_float32
def log_one_plus_square_sum_capped_bwd(saved, dy):
    (x,) = saved
    return (dy * 2 * x / jnp.minimum(1 + jnp.sum(x * x), 100),)


def log_one_plus_square_sum(x):
    return jnp.log1p(jnp.sum(x * x))


PAIRS.append(
    pair(
        "never triggered",
        log_one_plus_square_sum,
        log_one_plus_square_sum_capped_bwd,
        log_one_plus_square_sum_bwd,
        lambda: (normal(6),),
    )
)
