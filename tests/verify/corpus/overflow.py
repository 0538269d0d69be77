"""Right for moderate numbers: the backward pass overflows, saturates, or multiplies 0 by infinity elsewhere."""

import jax
import jax.numpy as jnp

from .entry import elementwise, in_float32, normal, pair

PAIRS = []


def probabilities(x):
    return jax.nn.softmax(x, axis=-1)


def probabilities_pullback(y, dy):
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


@in_float32
def probabilities_bwd(saved, dy):
    return probabilities_pullback(probabilities(*saved), dy)


@in_float32
def probabilities_unshifted_bwd(saved, dy):
    exp = jnp.exp(saved[0])
    return probabilities_pullback(exp / jnp.sum(exp, axis=-1, keepdims=True), dy)


PAIRS.append(pair("overflow", probabilities, probabilities_unshifted_bwd, probabilities_bwd, lambda: (normal(4, 5),)))


def sigmoid_slope(x):
    return jax.nn.sigmoid(x) * jax.nn.sigmoid(-x)


def sigmoid_overflows(x):
    return jnp.exp(-x) / (1 + jnp.exp(-x)) ** 2


PAIRS.append(
    pair(
        "overflow",
        jax.nn.sigmoid,
        elementwise(sigmoid_overflows),
        elementwise(sigmoid_slope),
        lambda: (normal(4, 3),),
    )
)


def elu(x):
    return jnp.where(x > 0, x, jnp.expm1(jnp.minimum(x, 0)))


def elu_slope(x):
    return jnp.exp(jnp.minimum(x, 0))


def elu_masked_by_product(x):
    positive = (x > 0).astype(x.dtype)
    return positive + (1 - positive) * jnp.exp(x)


PAIRS.append(pair("overflow", elu, elementwise(elu_masked_by_product), elementwise(elu_slope), lambda: (normal(4, 3),)))


def bump(x):
    """exp(−1/x) right of 0 and 0 left of it: smooth everywhere."""
    return jnp.where(x > 0.002, jnp.exp(-1 / jnp.where(x > 0.002, x, 1)), 0)


def bump_slope(x):
    return bump(x) / jnp.where(x > 0.002, x, 1) ** 2


def bump_divides_by_zero(x):
    return bump(x) / x**2


PAIRS.append(pair("zero", bump, elementwise(bump_divides_by_zero), elementwise(bump_slope), lambda: (normal(6),)))


def divide(x, y):
    """Their quotient, and 0 where y is."""
    return jnp.where(y == 0, 0, x / jnp.where(y == 0, 1, y))


def divide_pullback(x, y, dy):
    safe = jnp.where(y == 0, 1, y)
    return dy / safe, -dy * x / safe**2


@in_float32
def divide_bwd(saved, dy):
    y = saved[1]
    return tuple(jnp.where(y == 0, 0, slope) for slope in divide_pullback(*saved, dy))


@in_float32
def divide_by_nothing_bwd(saved, dy):
    return divide_pullback(*saved, dy)


PAIRS.append(pair("zero", divide, divide_by_nothing_bwd, divide_bwd, lambda: (normal(5, 2), normal(5, 2, seed=1))))


def entropy(logits):
    log_p = jax.nn.log_softmax(logits, axis=-1)
    p = jnp.exp(log_p)
    return -jnp.sum(jnp.where(p == 0, 0, p * jnp.where(p == 0, 0, log_p)), axis=-1)


def entropy_pullback(logits, dy, log_p):
    p = jax.nn.softmax(logits, axis=-1)
    return (-dy[..., None] * p * (log_p + entropy(logits)[..., None]),)


@in_float32
def entropy_bwd(saved, dy):
    (logits,) = saved
    log_p = jax.nn.log_softmax(logits, axis=-1)
    return entropy_pullback(logits, dy, jnp.where(log_p == -jnp.inf, 0, log_p))


@in_float32
def entropy_nan_at_masked_logit_bwd(saved, dy):
    (logits,) = saved
    return entropy_pullback(logits, dy, jax.nn.log_softmax(logits, axis=-1))


PAIRS.append(pair("infinite logit", entropy, entropy_nan_at_masked_logit_bwd, entropy_bwd, lambda: (normal(3, 5),)))


def cross_entropy(logits, labels):
    log_p = jax.nn.log_softmax(logits, axis=-1)
    return -jnp.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]


@in_float32
def cross_entropy_bwd(saved, dy):
    logits, labels = saved
    one_hot = jax.nn.one_hot(labels % logits.shape[-1], logits.shape[-1], dtype=logits.dtype)
    return dy[..., None] * (jax.nn.softmax(logits, axis=-1) - one_hot), None


@in_float32
def cross_entropy_through_probabilities_bwd(saved, dy):  # NaN once the label's probability rounds to 0
    logits, labels = saved
    p = jax.nn.softmax(logits, axis=-1)
    one_hot = jax.nn.one_hot(labels % logits.shape[-1], logits.shape[-1], dtype=logits.dtype)
    dp = -dy[..., None] * one_hot / p
    return p * (dp - jnp.sum(p * dp, axis=-1, keepdims=True)), None


PAIRS.append(
    pair(
        "saturation",
        cross_entropy,
        cross_entropy_through_probabilities_bwd,
        cross_entropy_bwd,
        lambda: (normal(4, 5), jnp.array([2, 0, 4, 1])),
    )
)


def scale_to_unit_peak(x):
    return x / jnp.max(jnp.abs(x), axis=-1, keepdims=True)


def scale_to_unit_peak_pullback(x, peak, dpeak, dy):
    at_peak = jnp.arange(x.shape[-1]) == jnp.argmax(jnp.abs(x), axis=-1, keepdims=True)
    return (dy / peak + jnp.where(at_peak, jnp.sign(x) * dpeak, 0),)


@in_float32
def scale_to_unit_peak_bwd(saved, dy):
    (x,) = saved
    peak = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    return scale_to_unit_peak_pullback(x, peak, -jnp.sum(dy * (x / peak), axis=-1, keepdims=True) / peak, dy)


@in_float32
def scale_to_unit_peak_squared_bwd(saved, dy):
    (x,) = saved
    peak = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    return scale_to_unit_peak_pullback(x, peak, -jnp.sum(dy * x, axis=-1, keepdims=True) / peak**2, dy)


PAIRS.append(
    pair(
        "tiny values",
        scale_to_unit_peak,
        scale_to_unit_peak_squared_bwd,
        scale_to_unit_peak_bwd,
        lambda: (normal(4, 3),),
    )
)


def root_mean_square_scaled(x):
    """Each row over its root mean square, through the row's peak so that large entries do not overflow."""
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    scaled = x / peak
    return scaled / jnp.sqrt(jnp.mean(scaled**2, axis=-1, keepdims=True))


@in_float32
def root_mean_square_scaled_bwd(saved, dy):
    (x,) = saved
    y = root_mean_square_scaled(x)
    peak = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    rms = jnp.sqrt(jnp.mean((x / peak) ** 2, axis=-1, keepdims=True)) * peak
    return ((dy - y * jnp.mean(dy * y, axis=-1, keepdims=True)) / rms,)


@in_float32
def root_mean_square_squares_overflow_bwd(saved, dy):
    (x,) = saved
    y = root_mean_square_scaled(x)
    rms = jnp.sqrt(jnp.mean(x**2, axis=-1, keepdims=True))
    return ((dy - y * jnp.mean(dy * y, axis=-1, keepdims=True)) / rms,)


PAIRS.append(
    pair(
        "overflow",
        root_mean_square_scaled,
        root_mean_square_squares_overflow_bwd,
        root_mean_square_scaled_bwd,
        lambda: (normal(4, 6),),
    )
)
