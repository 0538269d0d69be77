"""Right, by a rule that is no formula: loops, callbacks, recomputation, rules inside rules, and no rule at all."""

import jax
import jax.numpy as jnp
import numpy as np

from .entry import Tricky, elementwise, in_float32, normal, rule, tricky, uniform

TRICKY = []


def fixed_point(a):
    """Solve x = tanh(x) / 2 + a by iteration, which reverse mode cannot go through."""

    def unfinished(state):
        x, last, step = state
        return jnp.any(x != last) & (step < 200)

    def iterate(state):
        x, _, step = state
        return jnp.tanh(x) / 2 + a, x, step + 1

    return jax.lax.while_loop(unfinished, iterate, (a, a + 1, 0))[0]


@jax.custom_vjp
def implicit(a):
    return fixed_point(a)


def implicit_fwd(a):
    x = implicit(a)
    return x, x


def implicit_bwd(x, dy):
    return ((dy / (1 - 2 * jax.nn.sigmoid(2 * x) * jax.nn.sigmoid(-2 * x))).astype(x.dtype),)


implicit.defvjp(implicit_fwd, implicit_bwd)
TRICKY.append(Tricky("fixed_point", "the loop has no reverse mode", implicit, lambda: (normal(4),)))


def solve_cubic(x):
    """Solve y + y³ = x by Newton's iteration, from a start whose own slope is infinite at 0."""
    return jax.lax.fori_loop(0, 20, lambda _, y: y - (y + y**3 - x) / (1 + 3 * y * y), jnp.cbrt(x))


@jax.custom_vjp
def newton(x):
    return solve_cubic(x)


def newton_fwd(x):
    y = newton(x)
    return y, y


def newton_bwd(y, dy):
    return ((dy / (1 + 3 * y * y)).astype(y.dtype),)


newton.defvjp(newton_fwd, newton_bwd)
TRICKY.append(Tricky("newton", "differentiated through its equation", newton, lambda: (normal(5),)))


@jax.custom_vjp
def on_the_host(x):
    return jax.pure_callback(lambda x: np.sinh(x).astype(x.dtype), jax.typeof(x), x, vmap_method="expand_dims")


def on_the_host_fwd(x):
    return on_the_host(x), x


def on_the_host_bwd(x, dy):
    return ((dy * jnp.cosh(x)).astype(x.dtype),)


on_the_host.defvjp(on_the_host_fwd, on_the_host_bwd)
TRICKY.append(Tricky("callback", "a callback has no derivative of its own", on_the_host, lambda: (normal(4, 3),)))


@jax.custom_vjp
def inverse_on_the_host(a):
    return jax.pure_callback(lambda a: np.linalg.inv(a).astype(a.dtype), jax.typeof(a), a, vmap_method="sequential")


def inverse_on_the_host_fwd(a):
    inverse = inverse_on_the_host(a)
    return inverse, inverse


def inverse_on_the_host_bwd(inverse, dy):
    return (-inverse.T @ dy @ inverse.T,)


inverse_on_the_host.defvjp(inverse_on_the_host_fwd, inverse_on_the_host_bwd)
TRICKY.append(
    Tricky(
        "inverse_on_the_host",
        "NumPy raises for matrices that are singular or not square",
        inverse_on_the_host,
        lambda: (jnp.eye(3) + 0.1 * normal(3, 3),),
    )
)


@jax.custom_jvp
def by_custom_jvp(x):
    return jnp.log1p(jnp.exp(-jnp.abs(x))) + jnp.maximum(x, 0)


@by_custom_jvp.defjvp
def by_custom_jvp_jvp(primals, tangents):
    (x,), (dx,) = primals, tangents
    return by_custom_jvp(x), jax.nn.sigmoid(x) * dx


TRICKY.append(Tricky("custom_jvp", "a rule of the other kind", by_custom_jvp, lambda: (normal(4, 3),)))


def relu(x):
    return jnp.maximum(x, 0)


def relu_slope(x):
    return (x > 0).astype(x.dtype)


def matmul(x, w):
    return x @ w


@in_float32
def matmul_bwd(saved, dy):
    x, w = saved
    return dy @ w.T, x.T @ dy


ruled_relu, ruled_matmul = rule(relu, elementwise(relu_slope)), rule(matmul, matmul_bwd)


def two_layers(x, w1, w2):
    return ruled_matmul(ruled_relu(ruled_matmul(x, w1)), w2)


def layers():
    return normal(4, 3), normal(3, 5, seed=1), normal(5, 2, seed=2)


TRICKY.append(Tricky("several_rules", "three rules in one function", two_layers, layers))
TRICKY.append(Tricky("rule_inside_jit", "the rule is inside jit", jax.jit(two_layers), layers))
TRICKY.append(Tricky("rule_inside_checkpoint", "the rule is inside checkpoint", jax.checkpoint(two_layers), layers))


def rows_by_vmap(x, w):
    return jax.vmap(lambda row: ruled_matmul(row[None], w)[0])(x)


TRICKY.append(Tricky("rule_inside_vmap", "the rule is inside vmap", rows_by_vmap, lambda: layers()[:2]))


def plain(x, y):
    return jnp.tanh(x) * y + jnp.sum(x * x)


TRICKY.append(Tricky("plain", "there is no rule", plain, lambda: (normal(4, 3), normal(4, 3, seed=1))))


def plain_scan(x, w):
    def step(h, row):
        h = jnp.tanh(row + h @ w)
        return h, h

    return jax.lax.scan(step, jnp.zeros_like(x[0]), x)[1]


TRICKY.append(Tricky("plain_scan", "a loop, and no rule", plain_scan, lambda: (normal(5, 3), normal(3, 3, seed=1))))


def branching(x):
    return jax.lax.cond(jnp.sum(x) > 0, lambda x: ruled_relu(x) * 2, lambda x: jnp.sin(x), x)


TRICKY.append(Tricky("rule_inside_cond", "which branch depends on the data", branching, lambda: (normal(4, 3),)))


def gradient_penalty(x):
    return jnp.sum(jax.grad(lambda x: jnp.sum(jnp.cos(x) * x))(x) ** 2)


TRICKY.append(Tricky("grad_inside", "a gradient is part of the function", gradient_penalty, lambda: (normal(4),)))


def decay(a, x):
    return jax.lax.associative_scan(lambda left, right: (left[0] * right[0], left[1] * right[0] + right[1]), (a, x))[1]


@in_float32
def decay_bwd(saved, dy):
    a, x = saved
    h = decay(a, x)
    ahead = jnp.concatenate([a[1:], jnp.zeros_like(a[:1])])
    dx = jnp.flip(decay(jnp.flip(ahead, 0), jnp.flip(dy, 0)), 0)
    return dx * jnp.concatenate([jnp.zeros_like(h[:1]), h[:-1]]), dx


TRICKY.append(
    tricky("the backward pass is a scan that runs backwards", decay, decay_bwd, lambda: (uniform(6, 2), normal(6, 2)))
)


def deep(x):
    for _ in range(4):
        x = jnp.sin(x) + 0.1 * x
    return x


def deep_recomputed_bwd(saved, dy):
    return jax.vjp(deep, *saved)[1](dy)


TRICKY.append(tricky("recomputes instead of keeping", deep, deep_recomputed_bwd, lambda: (normal(4, 3),)))
