"""Which arrays of a parameter tree a penalty acts on, and how it acts on all of them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


def penalised(params: Any, biases: bool = False) -> Any:
    """A tree of Booleans like `params`: True at each array whose key is "weight", or at each array if `biases`.

    Biases and scales are left out, since they do not multiply inputs. A tied weight stands once in the tree, so it
    counts once.
    """
    return jax.tree.map_with_path(
        lambda path, _: biases or jax.tree_util.keystr(path[-1:], simple=True) == "weight", params
    )


def penalty_sum(
    penalty: Callable[..., Array], params: Any, alpha: float | Float[Array, ""], biases: bool = False
) -> Float[Array, ""]:
    """Σ penalty(w, α) over the penalised arrays of `params`; 0 where there are none."""
    return jnp.asarray(sum((penalty(w, alpha) for w in penalised_arrays(params, biases)), 0.0))


def map_penalised(function: Callable[[Array], Array], params: Any, biases: bool = False) -> Any:
    """`params` with function(w) in place of each penalised array w; the others are left as they are."""
    return jax.tree.map(lambda w, acts: function(w) if acts else w, params, penalised(params, biases))


def penalised_arrays(params: Any, biases: bool = False) -> list[Array]:
    """The penalised arrays of `params`, in the tree's order."""
    acts = jax.tree.leaves(penalised(params, biases))
    return [w for w, chosen in zip(jax.tree.leaves(params), acts, strict=True) if chosen]
