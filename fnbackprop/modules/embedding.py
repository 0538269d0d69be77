"""Embedding, a row of a table for each token."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from ..core.cotangent import Like, like, loop_zeros, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen
from ..core.sharding import followed_by, left_to_xla
from .initializers import Initializer, initial_weight


class EmbeddingResiduals(NamedTuple):
    tokens: Int[Array, "*shape"]
    weight: Like


@jax.custom_vjp
def embedding(
    tokens: Int[Array, "*shape"], weight: Float[Array, "vocabulary features"]
) -> Float[Array, "*shape features"]:
    """The rows of a table that tokens name.

    Forward:  y = W[token]
    Backward: dW[v] = Σ dy over all places whose token is v; nothing for the tokens

    A token that is no row of the table (also a negative one) gives a row of NaN, and no gradient: compiled code cannot
    raise, so data are checked where they are read. Half precision is summed in float32.
    """
    return embedding_reference(tokens, weight)


def embedding_fwd(
    tokens: Int[Array, "*shape"], weight: Float[Array, "vocabulary features"]
) -> tuple[Float[Array, "*shape features"], EmbeddingResiduals]:
    return embedding(tokens, weight), EmbeddingResiduals(tokens, like(weight))


def embedding_bwd(
    residuals: EmbeddingResiduals, dy: Float[Array, "*shape features"]
) -> tuple[None, Float[Array, "vocabulary features"]]:
    tokens, weight = residuals
    wide = widen(dy)
    rows = jnp.where(_known(tokens, weight.shape[0]), tokens, weight.shape[0])

    def sums(rows: Array, dy: Array) -> Array:
        return loop_zeros(weight.shape, dy.dtype, dy, rows).at[rows].add(dy, mode="drop")

    return None, match_cotangent(left_to_xla(sums, weight.sharding)(rows, wide), weight)


embedding.defvjp(embedding_fwd, embedding_bwd)


def embedding_reference(
    tokens: Int[Array, "*shape"], weight: Float[Array, "vocabulary features"]
) -> Float[Array, "*shape features"]:
    """`embedding` for automatic differentiation."""
    known = _known(tokens, weight.shape[0])
    rows = jnp.asarray(weight).at[jnp.where(known, tokens, 0)].get(out_sharding=followed_by(tokens, weight))
    return jnp.where(known[..., None], rows, jnp.nan)


def _known(tokens: Int[Array, "*shape"], vocabulary: int) -> Bool[Array, "*shape"]:
    return (tokens >= 0) & (tokens < vocabulary)


@configurable
class Embedding(Module):
    """A row of a table of shape (vocabulary, features) for each token: `embedding`.

    A Linear(features = vocabulary, bias = false) that is tied to it turns its outputs into logits of tokens.
    """

    vocabulary: Annotated[int, Gt(0)]
    features: Annotated[int, Gt(0)]
    initializer: Initializer = "normal"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (tokens,) = specs
        if not jnp.issubdtype(tokens.dtype, jnp.integer):
            raise ShapeError(f"Embedding got {tokens.dtype} inputs; it wants integers, which name rows of its table")
        shape = self.vocabulary, self.features
        return Variables({"weight": initial_weight(self.initializer, key, shape, jnp.float32)})

    def apply(
        self, variables: Variables, tokens: Int[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape features"]], tuple[()]]:
        return (context.pick(embedding, embedding_reference)(tokens, variables.params["weight"]),), ()
