"""Adam and AdamW with one division for each parameter."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import DTypeLike


def adam(
    learning_rate: optax.ScalarOrSchedule,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    eps_root: float = 0.0,
    mu_dtype: DTypeLike | None = None,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformation:
    """`optax.adam`, with the same state and, but for rounding, the same updates: see `scale_by_adam`."""
    if nesterov:
        return optax.adam(learning_rate, b1, b2, eps, eps_root, mu_dtype, nesterov=True)
    return optax.chain(scale_by_adam(b1, b2, eps, eps_root, mu_dtype), optax.scale_by_learning_rate(learning_rate))


def adamw(
    learning_rate: optax.ScalarOrSchedule,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    eps_root: float = 0.0,
    mu_dtype: DTypeLike | None = None,
    weight_decay: float = 1e-4,
    mask: Any = None,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformation:
    """`optax.adamw`, with the same state and, but for rounding, the same updates: see `scale_by_adam`."""
    if nesterov:
        return optax.adamw(learning_rate, b1, b2, eps, eps_root, mu_dtype, weight_decay, mask, nesterov=True)
    return optax.chain(
        scale_by_adam(b1, b2, eps, eps_root, mu_dtype),
        optax.add_decayed_weights(weight_decay, mask),
        optax.scale_by_learning_rate(learning_rate),
    )


def scale_by_adam(
    b1: float, b2: float, eps: float, eps_root: float, mu_dtype: DTypeLike | None
) -> optax.GradientTransformation:
    """The gradient over its running size.

    Forward: m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  update = (k / (1 − β₁ᵗ)) m / (√(v + k² ε_root) + k ε),
             k = √(1 − β₂ᵗ), t = 1, 2, …

    That is optax's m̂ / (√(v̂ + ε_root) + ε) without a division of each m and v, a tenth of a step at a small batch.
    Source: Kingma & Ba 2014, end of section 2.
    """
    init = optax.scale_by_adam(b1, b2, eps, eps_root, mu_dtype).init

    def update(gradient: Any, state: optax.ScaleByAdamState, params: Any = None) -> tuple[Any, optax.ScaleByAdamState]:
        count = optax.safe_increment(state.count)
        mu = optax.tree.update_moment(gradient, state.mu, b1, 1)
        nu = optax.tree.update_moment_per_elem_norm(gradient, state.nu, b2, 2)
        k = jnp.sqrt(1 - b2**count)
        rate, square, shift = k / (1 - b1**count), k * k * eps_root, k * eps

        def scaled(m: jax.Array, v: jax.Array) -> jax.Array:
            return (rate * m / (jnp.sqrt(v + square) + shift)).astype(m.dtype)

        updates = jax.tree.map(scaled, mu, nu)
        mu, nu = optax.tree.cast(mu, mu_dtype), optax.tree.cast_like(nu, state.nu)
        return updates, optax.ScaleByAdamState(count, mu, nu)

    return optax.GradientTransformation(init, update)
