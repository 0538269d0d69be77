"""The rule is right, and is not what is called; or what `fwd` computes is not the function."""

from functools import wraps

import jax
import jax.numpy as jnp

from .entry import Pair, in_float32, normal, rule, wide

PAIRS = []


def norm(x):
    return jnp.sqrt(jnp.sum(x * x, axis=-1))  # its own derivative is NaN at 0


def direction_and_length(x):
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    unit = x / jnp.where(peak > 0, peak, 1)
    total = jnp.sum(unit * unit, axis=-1, keepdims=True)
    root = jnp.sqrt(jnp.where(total > 0, total, 1))
    return unit / root, peak * root


@in_float32
def norm_bwd(saved, dy):
    return (direction_and_length(*saved)[0] * dy[..., None],)


ruled_norm = rule(norm, norm_bwd)


def norm_through_wrapped(x):
    return ruled_norm.__wrapped__(x)


PAIRS.append(
    Pair("wrapper_calls_wrapped", "rule never called", norm_through_wrapped, ruled_norm, lambda: (normal(4, 3),))
)

USE_RULE = False


def norm_behind_a_flag(x):
    return ruled_norm(x) if USE_RULE else norm(x)


PAIRS.append(Pair("flag_left_off", "rule never called", norm_behind_a_flag, ruled_norm, lambda: (normal(3, 4),)))


def norm_only_eagerly(x):
    return norm(x) if isinstance(x, jax.core.Tracer) and x.aval.ndim > 1 else ruled_norm(x)


PAIRS.append(Pair("plain_for_batches", "rule never called", norm_only_eagerly, ruled_norm, lambda: (normal(2, 3),)))


def dropped_with_keywords(f, plain):
    """As tensorflow#65839: a decorator whose rule goes missing when all arguments come by keyword."""

    @wraps(plain)
    def call(*args, **kwargs):
        return f(*args) if args else plain(**kwargs)

    return call


def scaled_norm(x, scale):
    return jnp.sqrt(jnp.sum(x * x, axis=-1)) * scale


@in_float32
def scaled_norm_bwd(saved, dy):
    x, scale = saved
    direction, length = direction_and_length(x)
    return direction * (dy * scale)[..., None], jnp.sum(dy * length[..., 0])


ruled_scaled_norm = rule(scaled_norm, scaled_norm_bwd)
PAIRS.append(
    Pair(
        "dropped_with_keywords",
        "rule never called",
        dropped_with_keywords(ruled_scaled_norm, scaled_norm),
        ruled_scaled_norm,
        lambda: (normal(4, 3), normal(seed=1)),
    )
)


def log1p_exp(x):
    return jnp.where(x > 30, x, jnp.log(1 + jnp.exp(x)))  # its own derivative is NaN once exp overflows


@in_float32
def log1p_exp_bwd(saved, dy):
    return (dy * jax.nn.sigmoid(saved[0]),)


ruled_log1p_exp = rule(log1p_exp, log1p_exp_bwd)


def log1p_exp_jitted_before_the_rule(x):
    return jax.jit(log1p_exp)(x)


PAIRS.append(
    Pair(
        "jitted_before_the_rule",
        "rule never called",
        log1p_exp_jitted_before_the_rule,
        ruled_log1p_exp,
        lambda: (normal(4, 3),),
    )
)


def detached_before_the_rule(x):
    return ruled_norm(jax.lax.stop_gradient(x))


PAIRS.append(
    Pair("detached_before_the_rule", "rule never called", detached_before_the_rule, ruled_norm, lambda: (normal(4, 3),))
)


def rms_norm(x):
    y = wide(x) * jax.lax.rsqrt(jnp.mean(wide(x) ** 2, axis=-1, keepdims=True) + 1e-6)
    return y.astype(x.dtype)


@in_float32
def rms_norm_bwd(saved, dy):
    (x,) = saved
    rscale = jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-6)
    y = x * rscale
    return (rscale * (dy - y * jnp.mean(dy * y, axis=-1, keepdims=True)),)


def rms_norm_other_eps_fwd(x):
    y = wide(x) * jax.lax.rsqrt(jnp.mean(wide(x) ** 2, axis=-1, keepdims=True) + 1e-5)
    return y.astype(x.dtype), (x,)


def rms_norm_stays_in_float32_fwd(x):
    return wide(x) * jax.lax.rsqrt(jnp.mean(wide(x) ** 2, axis=-1, keepdims=True) + 1e-6), (x,)


for name, fwd in [
    ("fwd_with_another_eps", rms_norm_other_eps_fwd),
    ("fwd_stays_in_float32", rms_norm_stays_in_float32_fwd),
]:
    wrong = rule(rms_norm, rms_norm_bwd, fwd)
    PAIRS.append(Pair(name, "fwd differs", wrong, rule(rms_norm, rms_norm_bwd), lambda: (normal(4, 6),)))


def clipped_exp(x):
    return jnp.minimum(jnp.exp(x), 1000)


@in_float32
def clipped_exp_bwd(saved, dy):
    (x,) = saved
    return (jnp.where(jnp.exp(x) < 1000, jnp.exp(jnp.where(jnp.exp(x) < 1000, x, 0)) * dy, 0),)


def clipped_exp_unclipped_fwd(x):
    return jnp.exp(x), (x,)


PAIRS.append(
    Pair(
        "fwd_without_the_clip",
        "fwd differs",
        rule(clipped_exp, clipped_exp_bwd, clipped_exp_unclipped_fwd),
        rule(clipped_exp, clipped_exp_bwd),
        lambda: (normal(4, 3),),
    )
)
