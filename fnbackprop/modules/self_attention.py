"""Multi-head self-attention: projections around `attention`."""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array, lax
from jaxtyping import Bool, Float, PRNGKeyArray

from ..core.errors import ShapeError
from ..core.module import Context, Module, Spec, Variables, configurable
from .attention import attention, attention_reference
from .cudnn_attention import cudnn_attention, cudnn_serves
from .initializers import Initializer, initial_weight
from .linear import linear, linear_reference
from .rotary import rotary, rotary_reference
from .split import split, split_reference


@configurable
class Attention(Module):
    """Self-attention with several heads: `linear` to queries, keys and values, `attention`, and `linear` back.

    A second input is a mask, True where a query may see a key: see `attention`.
    key_value_heads: how many heads of keys and values the heads share; as many as there are heads where None.
    causal: each place sees itself and those before it. rotary: turn queries and keys by their places: `rotary`.
    On NVIDIA's GPUs, in half precision and without a mask, cuDNN's kernels compute `attention` and its derivative.
    """

    heads: Annotated[int, Gt(0)]
    key_value_heads: Annotated[int, Gt(0)] | None = None
    causal: bool = False
    rotary: bool = False
    bias: bool = True
    initializer: Initializer = "glorot_uniform"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        x = specs[0]
        if len(x.shape) < 2 or x.shape[-1] % self.heads or self.heads % self._shared:
            raise ShapeError(
                f"Attention got an input of shape {x.shape} for {self.heads} heads, with {self._shared} of keys and "
                "values; it wants (…, time, features), where the heads divide the features, and those divide the heads"
            )
        features, keys = x.shape[-1], jax.random.split(key)
        rows = features + 2 * self._shared * (features // self.heads)
        shapes = {"input": (rows, features), "output": (features, features)}
        params = {
            name: {"weight": initial_weight(self.initializer, k, shape, x.dtype)}
            for k, (name, shape) in zip(keys, shapes.items(), strict=True)
        }
        if self.bias:
            for name, shape in shapes.items():
                params[name]["bias"] = jnp.zeros(shape[0], x.dtype)
        return Variables(params)

    def memory(self, variables: Variables, *specs: Spec, length: int) -> dict[str, Array]:
        """The keys and values of all places, as far as they have been met."""
        *batch, _, features = specs[0].shape
        shape = (*batch, length, self._shared, features // self.heads)
        return {name: jnp.zeros(shape, specs[0].dtype) for name in ("keys", "values")}

    @property
    def _shared(self) -> int:
        return self.key_value_heads or self.heads

    def apply(
        self,
        variables: Variables,
        x: Float[Array, "*batch time features"],
        mask: Bool[Array, "..."] | None = None,
        *,
        context: Context = Context(),
    ) -> tuple[tuple[Float[Array, "*batch time features"]], Any]:
        project, turn = context.pick(linear, linear_reference), context.pick(rotary, rotary_reference)
        into, out = variables.params["input"], variables.params["output"]
        size = x.shape[-1] // self.heads
        sizes = (self.heads * size, self._shared * size, self._shared * size)
        parts = context.pick(split, split_reference)(project(x, into["weight"], into.get("bias")), sizes)
        q, k, v = (part.reshape(*part.shape[:-1], -1, size) for part in parts)
        if self.rotary:
            start = 0 if context.position is None else context.position
            q, k = turn(q, start=start), turn(k, start=start)
        known, causal = variables.state, self.causal
        if context.position is not None:
            known = {n: _put(known[n], new, context.position) for n, new in (("keys", k), ("values", v))}
            (k, v), causal = known.values(), False
            mask = jnp.arange(k.shape[-3]) <= context.position
        if context.derivatives == "rules" and mask is None and cudnn_serves(q, k, v):
            y = cudnn_attention(q, k, v, causal)
        else:
            y = context.pick(attention, attention_reference)(q, k, v, mask, causal)
        return (project(y.reshape(x.shape), out["weight"], out.get("bias")),), known


def _put(known: Float[Array, "*batch length kv size"], new: Float[Array, "*batch 1 kv size"], place: Array) -> Array:
    return lax.dynamic_update_slice_in_dim(known, new, place, known.ndim - 3)
