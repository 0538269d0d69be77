"""The network of a problem in JAX alone."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .problem import Problem


def first_params(problem: Problem) -> Any:
    """A pair of weight and bias for each layer; a kernel is (height, width, in, out), which XLA runs fastest."""
    return [(jnp.array(np.moveaxis(w, 0, -1) if w.ndim > 2 else w), jnp.zeros(len(w))) for w in problem.weights]


def logits(params: Any, x: Any) -> Any:
    """Convolutions, where there are any, and the layers after them."""
    kernels = [(W, b) for W, b in params if W.ndim > 2]
    *hidden, (W, b) = params[len(kernels) :]
    for K, c in kernels:
        x = jax.lax.conv_general_dilated(x, K, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.lax.reduce_window(jax.nn.relu(x + c), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    for V, c in hidden:
        x = jax.nn.relu(x @ V.T + c)
    return x @ W.T + b
