"""BatchNorm, which normalises by the batch while training, and by what it saw of batches at evaluation."""

import math
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Ge, Gt, Le
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.errors import ShapeError
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import accumulation_dtype
from .batch_norm import batch_norm, batch_norm_reference, check_batch_norm, count
from .standardize import standardize, standardize_reference

Running = dict[str, Float[Array, " features"]]


@configurable
class BatchNorm(Module):
    """Each feature (last axis) brought to mean 0 and variance 1: `batch_norm`, and `standardize` at evaluation.

    While training, by the mean and the variance of the batch, which also move its state, the running statistics:

        running ← (1 − m) running + m batch,  with m = momentum, a traced option

    from 0 and 1 on, with the variance n/(n − 1) σ², unbiased: PyTorch's conventions (Keras' momentum is 1 − m, and its
    running variance the biased one). At evaluation, by the running statistics, which stay as they are.

    Examples that only fill up a batch (`Context.counted`) are left out of the statistics; they are normalised like the
    others. A batch of which one number a feature counts has y = β, and one of none or one leaves the state as it is; a
    batch that holds one number a feature to begin with raises ShapeError while training. In micro-batches, each piece
    has its own statistics, and the running ones see one after the other. Inside `While` all examples count.
    """

    momentum: Annotated[float, Ge(0), Le(1)] = 0.1
    epsilon: Annotated[float, Gt(0)] = 1e-5
    scale: bool = True
    bias: bool = True

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        check_batch_norm(x.shape)
        features, dtype = x.shape[-1], accumulation_dtype(x.dtype)
        params = {"scale": jnp.ones(features, x.dtype)} if self.scale else {}
        params |= {"bias": jnp.zeros(features, x.dtype)} if self.bias else {}
        state = {"mean": jnp.zeros(features, dtype), "variance": jnp.ones(features, dtype)}
        return Variables(params, state, {"momentum": jnp.float32(self.momentum)})

    def apply(
        self, variables: Variables, x: Float[Array, "*batch features"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*batch features"]], Running]:
        params, state = variables.params or {}, variables.state
        scale, bias = params.get("scale"), params.get("bias")
        if not context.train:
            evaluate = context.pick(standardize, standardize_reference)
            return (evaluate(x, state["mean"], state["variance"], scale, bias, self.epsilon),), state
        if math.prod(x.shape[:-1]) == 1:
            raise ShapeError(
                f"BatchNorm got shape {x.shape} while training, one number for each feature, which has no variance; it "
                "wants two or more: a larger batch, or LayerNorm"
            )
        rule = context.pick(batch_norm, batch_norm_reference)
        y, mean, variance = rule(x, scale, bias, context.counted, self.epsilon)
        new = {"mean": mean, "variance": variance}
        return (y,), _moved(state, new, variables.options["momentum"], count(x.shape, context.counted))


def _moved(running: Running, new: Running, momentum: Float[Array, ""], n: Float[Array, ""]) -> Running:
    """The running statistics after a batch of n numbers for each feature."""
    n = n.astype(new["variance"].dtype)
    unbiased = {**new, "variance": new["variance"] * n / jnp.maximum(n - 1, 1)}
    share = jnp.where(n > 1, momentum, 0)
    return {
        name: (old + share.astype(old.dtype) * (unbiased[name].astype(old.dtype) - old)).astype(old.dtype)
        for name, old in running.items()
    }
