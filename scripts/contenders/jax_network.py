"""The network of a problem in JAX alone."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .jax_gpt import gpt
from .problem import Problem


def network(problem: Problem) -> tuple[Any, Callable[[Any, Any], Any]]:
    """Its first parameters, and its logits as a function of parameters and inputs."""
    if problem.heads:
        return gpt(problem)
    # XLA runs fastest with kernels of (height, width, in, out).
    weights = [np.moveaxis(w, 0, -1) if w.ndim > 2 else w for w in problem.weights]
    return [(w, np.zeros(len(own), np.float32)) for w, own in zip(weights, problem.weights, strict=True)], _logits


def _logits(params: Any, x: Any) -> Any:
    kernels = [(W, b) for W, b in params if W.ndim > 2]
    *hidden, (W, b) = params[len(kernels) :]
    for K, c in kernels:
        x = jax.lax.conv_general_dilated(x, K, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.lax.reduce_window(jax.nn.relu(x + c), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    for V, c in hidden:
        x = jax.nn.relu(x @ V.T + c)
    return x @ W.T + b
