import jax
import numpy as np
import optax
import pytest

from fnbackprop.training import adam, adamw

PARAMS = {"weight": np.float32([[1, -2], [0.5, 3]]), "bias": np.float32([0.1, 0])}


def descend(optimizer: optax.GradientTransformation, steps: int = 4) -> tuple:
    params, state = PARAMS, optimizer.init(PARAMS)
    for i in range(steps):
        gradient = {name: np.float32(np.sin(3 * w + i)) for name, w in PARAMS.items()}
        updates, state = optimizer.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
    return params, state


@pytest.mark.parametrize(
    ("ours", "theirs", "options"),
    [
        (adam, optax.adam, {}),
        (adam, optax.adam, {"b1": 0.5, "b2": 0.9, "eps": 0.1, "eps_root": 0.2}),
        (adam, optax.adam, {"nesterov": True}),
        (adam, optax.adam, {"mu_dtype": "bfloat16"}),
        (adamw, optax.adamw, {"weight_decay": 0.3}),
        (adamw, optax.adamw, {"weight_decay": 0.3, "mask": {"weight": True, "bias": False}, "nesterov": True}),
    ],
)
def test_it_is_optax(ours, theirs, options) -> None:
    schedule = optax.linear_schedule(0.1, 0.01, 4)
    jax.tree.map(
        lambda x, y: np.testing.assert_allclose(np.float32(x), np.float32(y), rtol=1e-5, atol=1e-6),
        *(descend(optimizer(schedule, **options)) for optimizer in (ours, theirs)),
    )


def test_it_is_the_algorithm_of_the_paper() -> None:
    w, m, v = np.float64(PARAMS["weight"]), 0.0, 0.0
    for t in (1, 2, 3, 4):
        g = np.sin(3 * np.float64(PARAMS["weight"]) + t - 1)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(descend(adam(0.1))[0]["weight"], w, rtol=2e-5)
