"""The formula itself is wrong: a sign, a factor, a forgotten term, a constant, an approximation."""

import jax
import jax.numpy as jnp

from .entry import elementwise, in_float32, normal, pair, uniform

PAIRS = []
SQRT_2_OVER_PI = 0.7978845608028654


def sin_times_y(x, y):
    return jnp.sin(x) * y


@in_float32
def sin_times_y_bwd(saved, dy):
    x, y = saved
    return jnp.cos(x) * y * dy, jnp.sin(x) * dy


@in_float32
def sin_times_y_negated_bwd(saved, dy):  # stood in JAX's own documentation: jax#3213, jax#13048
    x, y = saved
    return jnp.cos(x) * y * dy, -jnp.sin(x) * dy


PAIRS.append(
    pair(
        "wrong sign",
        sin_times_y,
        sin_times_y_negated_bwd,
        sin_times_y_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)


def sech2(x):
    return 4 * jax.nn.sigmoid(2 * x) * jax.nn.sigmoid(-2 * x)


def tanh_without_square(x):
    return 1 - jnp.tanh(x)


PAIRS.append(
    pair("forgotten power", jnp.tanh, elementwise(tanh_without_square), elementwise(sech2), lambda: (normal(4, 3),))
)


def log_sigmoid(x):
    return -jnp.logaddexp(-x, jnp.zeros_like(x))


def log_sigmoid_slope(x):
    return jax.nn.sigmoid(-x)


def log_sigmoid_other_side(x):
    return jax.nn.sigmoid(x)


PAIRS.append(
    pair(
        "wrong sign",
        log_sigmoid,
        elementwise(log_sigmoid_other_side),
        elementwise(log_sigmoid_slope),
        lambda: (normal(5),),
    )
)


def gelu_tanh(x):
    return 0.5 * x * (1 + jnp.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x**3)))


def gelu_tanh_slope(x, cubic=0.044715):
    x = jnp.clip(x, -10, 10)  # past 10 the slope is 0 or 1, and x³ may overflow
    inner = SQRT_2_OVER_PI * (x + cubic * x**3)
    return jax.nn.sigmoid(2 * inner) + 0.5 * x * sech2(inner) * SQRT_2_OVER_PI * (1 + 3 * cubic * x**2)


def gelu_rounded_constant(x):
    return gelu_tanh_slope(x, cubic=0.0447)


PAIRS.append(
    pair(
        "wrong constant",
        gelu_tanh,
        elementwise(gelu_rounded_constant),
        elementwise(gelu_tanh_slope),
        lambda: (normal(4, 3),),
    )
)


def gelu_exact(x):
    return 0.5 * x * jax.scipy.special.erfc(-x * 0.5**0.5)


def gelu_exact_slope(x):
    return 0.5 * jax.scipy.special.erfc(-x * 0.5**0.5) + x * jnp.exp(-0.5 * x * x) / (2 * jnp.pi) ** 0.5


def gelu_exact_by_tanh(x):
    return gelu_tanh_slope(x)


PAIRS.append(
    pair(
        "approximate derivative",
        gelu_exact,
        elementwise(gelu_exact_by_tanh),
        elementwise(gelu_exact_slope),
        lambda: (normal(4, 3),),
    )
)


def silu(x):
    return x * jax.nn.sigmoid(x)


def silu_slope(x):
    return jax.nn.sigmoid(x) + x * jax.nn.sigmoid(x) * jax.nn.sigmoid(-x)


def silu_product_term_forgotten(x):
    return jax.nn.sigmoid(x)


PAIRS.append(
    pair(
        "forgotten term",
        silu,
        elementwise(silu_product_term_forgotten),
        elementwise(silu_slope),
        lambda: (normal(4, 3),),
    )
)


def soft_cap(x):
    return 30 * jnp.tanh(x / 30)


def soft_cap_slope(x):
    return sech2(x / 30)


def soft_cap_by_taylor_series(x):
    return 1 - (x / 30) ** 2


PAIRS.append(
    pair(
        "approximate derivative",
        soft_cap,
        elementwise(soft_cap_by_taylor_series),
        elementwise(soft_cap_slope),
        lambda: (normal(2, 5),),
    )
)


def quotient(a, b):
    return a / b


@in_float32
def quotient_bwd(saved, dy):
    a, b = saved
    return dy / b, -dy * (a / b) / b


@in_float32
def quotient_divisor_sign_bwd(saved, dy):
    a, b = saved
    return dy / b, dy * (a / b) / b


PAIRS.append(
    pair("wrong sign", quotient, quotient_divisor_sign_bwd, quotient_bwd, lambda: (normal(4, 3), uniform(4, 3)))
)


def cross(a, b):
    if a.shape[-1] != 3:
        raise ValueError(f"cross: got vectors of {a.shape[-1]}, wanted 3")
    return jnp.cross(a, b)


@in_float32
def cross_bwd(saved, dy):
    a, b = saved
    return jnp.cross(b, dy), jnp.cross(dy, a)


@in_float32
def cross_order_bwd(saved, dy):
    a, b = saved
    return jnp.cross(b, dy), jnp.cross(a, dy)


PAIRS.append(pair("wrong sign", cross, cross_order_bwd, cross_bwd, lambda: (normal(5, 3), normal(5, 3, seed=1))))
