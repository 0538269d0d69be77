"""What arrives from above is clipped, ignored, squared, reduced to its sign, or assumed to be ones."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair

PAIRS = []


def doubled(x):
    return 2 * x


@in_float32
def doubled_bwd(saved, dy):
    return (2 * dy,)


@in_float32
def doubled_clipped_bwd(saved, dy):
    return (2 * jnp.clip(dy, -1, 1),)


@in_float32
def doubled_guarded_against_explosions_bwd(saved, dy):
    return (2 * jnp.clip(dy, -1e4, 1e4),)


@in_float32
def doubled_swallows_nan_bwd(saved, dy):
    return (2 * jnp.nan_to_num(dy),)


@in_float32
def doubled_small_cotangents_dropped_bwd(saved, dy):
    return (2 * jnp.where(jnp.abs(dy) < 1e-6, 0, dy),)


PAIRS.append(pair("clipped cotangent", doubled, doubled_clipped_bwd, doubled_bwd, lambda: (normal(4, 3),)))
PAIRS.append(
    pair("clipped cotangent", doubled, doubled_guarded_against_explosions_bwd, doubled_bwd, lambda: (normal(5),))
)
PAIRS.append(pair("swallowed NaN", doubled, doubled_swallows_nan_bwd, doubled_bwd, lambda: (normal(2, 3),)))
PAIRS.append(
    pair("clipped cotangent", doubled, doubled_small_cotangents_dropped_bwd, doubled_bwd, lambda: (normal(6),))
)


def huber_loss(prediction, target):
    size = jnp.abs(prediction - target)
    return jnp.sum(jnp.where(size < 1, 0.5 * jnp.minimum(size, 1) ** 2, size - 0.5))


@in_float32
def huber_loss_bwd(saved, dy):
    prediction, target = saved
    slope = dy * jnp.clip(prediction - target, -1, 1)
    return slope, -slope


@in_float32
def huber_loss_cotangent_ignored_bwd(saved, dy):  # chainer#1178
    prediction, target = saved
    slope = jnp.clip(prediction - target, -1, 1)
    return slope, -slope


PAIRS.append(
    pair(
        "ignored cotangent",
        huber_loss,
        huber_loss_cotangent_ignored_bwd,
        huber_loss_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)


def bounded(x):
    return jnp.sin(x)


@in_float32
def bounded_bwd(saved, dy):
    return (dy * jnp.cos(saved[0]),)


@in_float32
def bounded_cotangent_twice_bwd(saved, dy):
    return (dy * dy * jnp.cos(saved[0]),)


@in_float32
def bounded_sign_of_cotangent_bwd(saved, dy):
    return (jnp.sign(dy) * jnp.cos(saved[0]),)


@in_float32
def bounded_mean_cotangent_bwd(saved, dy):
    return (jnp.mean(dy) * jnp.cos(saved[0]),)


PAIRS.append(pair("squared cotangent", bounded, bounded_cotangent_twice_bwd, bounded_bwd, lambda: (normal(4, 3),)))
PAIRS.append(pair("sign of cotangent", bounded, bounded_sign_of_cotangent_bwd, bounded_bwd, lambda: (normal(),)))
PAIRS.append(pair("ones assumed", bounded, bounded_mean_cotangent_bwd, bounded_bwd, lambda: (normal(3, 2),)))


def token_losses(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), labels[:, None], axis=-1)[:, 0]


def token_losses_pullback(logits, labels, dy):
    one_hot = jax.nn.one_hot(labels % logits.shape[-1], logits.shape[-1], dtype=logits.dtype)
    return dy * (jax.nn.softmax(logits, axis=-1) - one_hot), None


@in_float32
def token_losses_bwd(saved, dy):
    return token_losses_pullback(*saved, dy[:, None])


@in_float32
def token_losses_first_cotangent_for_all_bwd(saved, dy):  # Liger-Kernel#1298
    return token_losses_pullback(*saved, dy[0])


PAIRS.append(
    pair(
        "ones assumed",
        token_losses,
        token_losses_first_cotangent_for_all_bwd,
        token_losses_bwd,
        lambda: (normal(4, 5), jnp.array([1, 0, 3, 3])),
    )
)


def log_probabilities(x):
    return jax.nn.log_softmax(x, axis=-1)


@in_float32
def log_probabilities_bwd(saved, dy):
    return (dy - jax.nn.softmax(saved[0], axis=-1) * jnp.sum(dy, axis=-1, keepdims=True),)


@in_float32
def log_probabilities_cotangent_sums_to_one_bwd(saved, dy):
    return (dy - jax.nn.softmax(saved[0], axis=-1),)


PAIRS.append(
    pair(
        "ones assumed",
        log_probabilities,
        log_probabilities_cotangent_sums_to_one_bwd,
        log_probabilities_bwd,
        lambda: (normal(4, 5),),
    )
)


def prefix_sums(x):
    return jnp.cumsum(x, axis=-1)


@in_float32
def prefix_sums_bwd(saved, dy):
    return (jnp.flip(jnp.cumsum(jnp.flip(dy, -1), axis=-1), -1),)


@in_float32
def prefix_sums_counted_bwd(saved, dy):  # right for a cotangent of equal numbers
    return (dy * jnp.arange(dy.shape[-1], 0, -1).astype(dy.dtype),)


PAIRS.append(pair("ones assumed", prefix_sums, prefix_sums_counted_bwd, prefix_sums_bwd, lambda: (normal(2, 4),)))


def mean_and_variance(x):
    return jnp.mean(x, axis=-1), jnp.var(x, axis=-1)


@in_float32
def mean_and_variance_bwd(saved, dy):
    (x,), (dmean, dvariance) = saved, dy
    centered = x - jnp.mean(x, axis=-1, keepdims=True)
    return ((dmean[..., None] + 2 * dvariance[..., None] * centered) / x.shape[-1],)


@in_float32
def mean_and_variance_second_ignored_bwd(saved, dy):
    (x,), (dmean, _) = saved, dy
    return (jnp.broadcast_to(dmean[..., None] / x.shape[-1], x.shape),)


PAIRS.append(
    pair(
        "output ignored",
        mean_and_variance,
        mean_and_variance_second_ignored_bwd,
        mean_and_variance_bwd,
        lambda: (normal(4, 5),),
    )
)


def sine_and_cosine(x):
    return jnp.sin(x), jnp.cos(x)


@in_float32
def sine_and_cosine_bwd(saved, dy):
    (x,), (dsin, dcos) = saved, dy
    return (dsin * jnp.cos(x) - dcos * jnp.sin(x),)


@in_float32
def sine_and_cosine_swapped_bwd(saved, dy):
    (x,), (dcos, dsin) = saved, dy
    return (dsin * jnp.cos(x) - dcos * jnp.sin(x),)


PAIRS.append(
    pair("swapped outputs", sine_and_cosine, sine_and_cosine_swapped_bwd, sine_and_cosine_bwd, lambda: (normal(4),))
)
