"""The first derivative is right and the second is not."""

import jax
import jax.numpy as jnp

from .entry import Pair, elementwise, in_float32, normal, pair, rule

PAIRS = []


def cubed(x):
    return x**3


@in_float32
def cubed_bwd(saved, dy):
    return (3 * saved[0] ** 2 * dy,)


@in_float32
def cubed_residual_detached_bwd(saved, dy):  # as with intermediates in PyTorch: pytorch#76185
    return (3 * jax.lax.stop_gradient(saved[0]) ** 2 * dy,)


PAIRS.append(pair("second order", cubed, cubed_residual_detached_bwd, cubed_bwd, lambda: (normal(4, 3),)))


def exponential(x):
    return jnp.exp(x)


@in_float32
def exponential_bwd(saved, dy):
    return (jnp.exp(saved[0]) * dy,)


def exponential_output_detached_fwd(x):
    y = jnp.exp(x)
    return y, jax.lax.stop_gradient(y)


def exponential_output_detached_bwd(y, dy):
    return (y * dy,)


PAIRS.append(
    Pair(
        "exponential_output_detached",
        "second order",
        rule(exponential, exponential_output_detached_bwd, exponential_output_detached_fwd),
        rule(exponential, exponential_bwd),
        lambda: (normal(5),),
    )
)


def arctan(x):
    return jnp.arctan(x)


@in_float32
def arctan_bwd(saved, dy):
    return (dy / (1 + saved[0] ** 2),)


@in_float32
def arctan_cotangent_detached_bwd(saved, dy):
    return (jax.lax.stop_gradient(dy) / (1 + saved[0] ** 2),)


PAIRS.append(pair("second order", arctan, arctan_cotangent_detached_bwd, arctan_bwd, lambda: (normal(3, 4),)))


@jax.custom_vjp
def sigmoid_straight_through(x):
    return jax.nn.sigmoid(x)


def sigmoid_straight_through_fwd(x):
    return sigmoid_straight_through(x), None


def sigmoid_straight_through_bwd(saved, dy):
    return (dy,)


sigmoid_straight_through.defvjp(sigmoid_straight_through_fwd, sigmoid_straight_through_bwd)


def softplus(x):
    return jnp.logaddexp(x, jnp.zeros_like(x))


def softplus_slope(x):
    return jax.nn.sigmoid(x)


def softplus_through_a_surrogate(x):
    return sigmoid_straight_through(x)


PAIRS.append(
    pair(
        "second order",
        softplus,
        elementwise(softplus_through_a_surrogate),
        elementwise(softplus_slope),
        lambda: (normal(4, 3),),
    )
)


def attend(x, gate):
    return x * jax.nn.sigmoid(gate)


@in_float32
def attend_bwd(saved, dy):
    x, gate = saved
    return dy * jax.nn.sigmoid(gate), dy * x * jax.nn.sigmoid(gate) * jax.nn.sigmoid(-gate)


@in_float32
def attend_partner_detached_bwd(saved, dy):
    x, gate = saved
    dgate = dy * jax.lax.stop_gradient(x) * jax.nn.sigmoid(gate) * jax.nn.sigmoid(-gate)
    return dy * jax.lax.stop_gradient(jax.nn.sigmoid(gate)), dgate


PAIRS.append(
    pair(
        "second order",
        attend,
        attend_partner_detached_bwd,
        attend_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)
