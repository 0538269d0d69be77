"""What a module's two passes cost, known from shapes alone."""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Work(NamedTuple):
    """Arithmetic operations of a forward and a backward pass, and bytes that each must at least read and write.

    An operation on one number counts 1, a matrix product 2 m n k (see `flops`). Bytes count each array that enters or
    leaves a pass once, what it keeps in between as if it never left the processor.
    """

    forward_flops: int = 0
    backward_flops: int = 0
    forward_bytes: int = 0
    backward_bytes: int = 0

    def times(self, trips: int) -> "Work":
        """The work of a block that runs `trips` times."""
        return Work(*(trips * amount for amount in self))

    @staticmethod
    def total(works: Iterable["Work"]) -> "Work":
        """The work of all of them."""
        return Work(*(sum(amounts) for amounts in zip(Work(), *works, strict=True)))


class Passes(NamedTuple):
    """A module's forward and backward pass, as traced.

    Values are numbers, equal where two names stand for one array: those of the variables, of the context's key, of the
    inputs and the outputs, and of what the backward pass needs of the forward pass (`kept`, without constants).
    """

    variables: Any
    key: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    kept: dict[int, jax.ShapeDtypeStruct]
    work: Work


def trace_passes(
    apply: Callable, variables: Any, *specs: Any, wanted: Sequence[bool] | None = None, context: Any
) -> Passes:
    """Both passes of a module's `apply`, with the cotangents of its parameters and of the inputs that are `wanted`.

    The backward pass is what is left of the rule where other cotangents are not asked for: of Linear's, without that of
    x, one matrix product, which needs x and not the weight.
    """
    from .program import read_program  # jax.extend, which it needs, brings all of Pallas

    wanted = [_is_real(x) and w for x, w in zip(specs, wanted or [True] * len(specs), strict=True)]

    def forward(variables: Any, context: Any, *xs: Array) -> tuple[tuple[Array, ...], Any, Callable]:
        def of_params(params: Any, *xs: Array) -> tuple[tuple[Array, ...], Any]:
            return apply(variables._replace(params=params), *xs, context=context)

        ys, pullback, state = jax.vjp(of_params, variables.params, *xs, has_aux=True)
        return ys, state, pullback

    def backward(pullback: Callable, dys: list[Array]) -> list[Array]:
        given = iter(dys)
        dparams, *dxs = pullback(tuple(next(given) if _is_real(y) else _no_cotangent(y) for y in ys))
        return [d for d in [*jax.tree.leaves(dparams), *compress(dxs, wanted)] if _is_real(d)]

    forward_jaxpr, (ys, _, pullback) = jax.make_jaxpr(forward, return_shape=True)(variables, context, *specs)
    backward_jaxpr = jax.make_jaxpr(backward)(pullback, [y for y in ys if _is_real(y)])
    ahead, back, residuals = read_program(forward_jaxpr), read_program(backward_jaxpr), jax.tree.leaves(pullback)
    backward_flops, read = back.needed(back.outputs)
    results, values = ahead.outputs[: -len(residuals) or None], ahead.outputs[len(ahead.outputs) - len(residuals) :]
    kept = {
        value: residual
        for value, residual, number in zip(values, residuals, back.inputs, strict=False)
        if number in read and value in ahead.bytes
    }
    made = (*results, *kept)
    work = Work(ahead.needed(made)[0], backward_flops, ahead.traffic(made), back.traffic(back.outputs))
    leaves, tree = jax.tree.flatten(variables)
    first = len(ahead.inputs) - len(specs)
    return Passes(
        jax.tree.unflatten(tree, ahead.inputs[: len(leaves)]),
        ahead.inputs[len(leaves) : first],
        ahead.inputs[first:],
        results[: len(ys)],
        kept,
        work,
    )


def _is_real(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, jnp.inexact)


def _no_cotangent(y: Any) -> np.ndarray:
    return np.zeros(y.shape, jax.dtypes.float0)
