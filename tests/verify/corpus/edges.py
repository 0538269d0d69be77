"""Right near the edge of the domain, in saturation, at −inf, and where the reference's own derivative is NaN."""

import jax
import jax.numpy as jnp

from .entry import elementwise, in_float32, normal, tricky

TRICKY = []


def root(x):
    return jnp.sqrt(x)


@in_float32
def root_bwd(saved, dy):
    (x,) = saved
    return (jnp.where(dy == 0, 0, 0.5 * dy / jnp.sqrt(x)),)  # infinite at 0, but no cotangent gives no gradient


TRICKY.append(tricky("steep near 0", root, root_bwd, lambda: (jnp.array([1e-12, 1e-6, 0.01, 4.0]),)))


def logarithm(x):
    return jnp.log(x)


@in_float32
def logarithm_bwd(saved, dy):
    return (dy / saved[0],)


TRICKY.append(tricky("undefined below 0", logarithm, logarithm_bwd, lambda: (jnp.array([1e-8, 1e-3, 0.5, 10.0]),)))


def arc_cosine(x):
    return jnp.arccos(x)


@in_float32
def arc_cosine_bwd(saved, dy):
    (x,) = saved
    return (jnp.where(dy == 0, 0, -dy / jnp.sqrt((1 - x) * (1 + x))),)


TRICKY.append(
    tricky("defined on [−1, 1] only", arc_cosine, arc_cosine_bwd, lambda: (jnp.array([-0.99999, 0.2, 0.9999]),))
)


def logit(p):
    return jnp.log(p) - jnp.log1p(-p)


@in_float32
def logit_bwd(saved, dy):
    (p,) = saved
    return (dy / p / (1 - p),)


TRICKY.append(tricky("defined on (0, 1) only", logit, logit_bwd, lambda: (jnp.array([1e-5, 0.3, 0.9999]),)))


def surprise(p):
    return jax.scipy.special.entr(p)  # −p log p, 0 at 0


@in_float32
def surprise_bwd(saved, dy):
    return (jnp.where(dy == 0, 0, -dy * (jnp.log(saved[0]) + 1)),)


TRICKY.append(tricky("p log p near 0", surprise, surprise_bwd, lambda: (jnp.array([1e-10, 1e-4, 0.2, 1.0]),)))


def log1p_exp(x):
    return jnp.where(x > 30, x, jnp.log(1 + jnp.exp(x)))


def log1p_exp_slope(x):
    return jax.nn.sigmoid(x)  # as JAX's documentation advises, in a form whose own slope is finite too


TRICKY.append(
    tricky(
        "the reference's own derivative is NaN at 100",
        log1p_exp,
        elementwise(log1p_exp_slope),
        lambda: (jnp.array([-2.0, 0.0, 3.0, 100.0]),),
    )
)


def masked_logits():
    return (jnp.array([[1.0, -jnp.inf, 0.5], [-jnp.inf, 2.0, -jnp.inf]]),)


def log_sum_exp(x):
    return jax.nn.logsumexp(x, axis=-1)


@in_float32
def log_sum_exp_bwd(saved, dy):
    return (dy[..., None] * jax.nn.softmax(saved[0], axis=-1),)


TRICKY.append(tricky("logits of −inf", log_sum_exp, log_sum_exp_bwd, masked_logits))


def softmax(x):
    return jax.nn.softmax(x, axis=-1)


@in_float32
def softmax_bwd(saved, dy):
    y = softmax(*saved)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


TRICKY.append(tricky("logits of −inf", softmax, softmax_bwd, masked_logits))


def log_softmax(x):
    return jax.nn.log_softmax(x, axis=-1)


@in_float32
def log_softmax_bwd(saved, dy):
    return (dy - softmax(*saved) * jnp.sum(dy, axis=-1, keepdims=True),)


TRICKY.append(tricky("−inf comes out as well as in", log_softmax, log_softmax_bwd, masked_logits))


def sigmoid_slope(x):
    return jax.nn.sigmoid(x) * jax.nn.sigmoid(-x)


def tanh_slope(x):
    return 4 * sigmoid_slope(2 * x)


def saturated():
    return (jnp.array([-40.0, -17.0, 0.0, 9.0, 30.0]),)


TRICKY.append(tricky("saturated", jax.nn.sigmoid, elementwise(sigmoid_slope), saturated, "sigmoid"))
TRICKY.append(tricky("saturated", jnp.tanh, elementwise(tanh_slope), saturated, "tanh"))


def length(x):
    return jnp.sqrt(jnp.sum(x * x, axis=-1))


@in_float32
def length_bwd(saved, dy):
    (x,) = saved
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    unit = x / jnp.where(peak > 0, peak, 1)
    total = jnp.sum(unit * unit, axis=-1, keepdims=True)
    return (dy[..., None] * unit * jax.lax.rsqrt(jnp.where(total > 0, total, 1)),)


TRICKY.append(tricky("a row of zeros: 0 is a subgradient", length, length_bwd, lambda: (normal(3, 4).at[1].set(0),)))


def sinc(x):
    return jnp.where(x == 0, 1, jnp.sin(x) / jnp.where(x == 0, 1, x))


def sinc_slope(x):
    small = jnp.abs(x) < 0.3
    z = jnp.where(small, x, 0) ** 2
    series = -1 / 3 + z * (1 / 30 + z * (-1 / 840 + z * (1 / 45360 - z / 3991680)))
    safe = jnp.where(small, 1, x)
    return jnp.where(small, x * series, (jnp.cos(safe) - jnp.sin(safe) / safe) / safe)


TRICKY.append(
    tricky("a removable singularity", sinc, elementwise(sinc_slope), lambda: (jnp.array([0.0, 1e-4, -0.2, 3.0]),))
)


def masked_log(x):
    """The logarithm where there is one, else 0."""
    return jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1)), 0)


def masked_log_slope(x):
    return jnp.where(x > 0, 1 / jnp.where(x > 0, x, 1), 0)


TRICKY.append(
    tricky("where inside where", masked_log, elementwise(masked_log_slope), lambda: (jnp.array([-1.0, 0.5, 0, 2]),))
)


def loud(x):
    return jnp.sin(100 * x)


def loud_slope(x):
    return 100 * jnp.cos(100 * x)


TRICKY.append(tricky("oscillates", loud, elementwise(loud_slope), lambda: (normal(5),)))


def steep(x):
    return jax.nn.sigmoid(1000 * x)


def steep_slope(x):
    return 1000 * jax.nn.sigmoid(1000 * x) * jax.nn.sigmoid(-1000 * x)


TRICKY.append(tricky("nearly a step", steep, elementwise(steep_slope), lambda: (jnp.array([-0.01, 0.0, 0.001, 1.0]),)))


def hilbert(n):
    place = jnp.arange(n, dtype="float32")
    return 1 / (place[:, None] + place + 1)


def solve(a, b):
    return jnp.linalg.solve(a, b[:, None])[:, 0]


@in_float32
def solve_bwd(saved, dy):
    a, b = saved
    db = solve(a.T, dy)
    return -db[:, None] * solve(a, b)[None, :], db


TRICKY.append(tricky("condition number 15,000", solve, solve_bwd, lambda: (hilbert(4), normal(4))))
