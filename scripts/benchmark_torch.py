"""JAX functions as PyTorch functions, differentiated by their JAX derivative as often as asked."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import torch

Tensors = tuple[torch.Tensor, ...]


class _Bridge(torch.autograd.Function):
    """A JAX function in the forward pass; in the backward pass its pullback, which is another such function."""

    @staticmethod
    def forward(ctx: Any, f: Callable, *xs: torch.Tensor) -> Tensors:
        ctx.f = f
        ctx.save_for_backward(*xs)
        ys = f(*(x.detach().resolve_conj().numpy() for x in xs))
        return tuple(torch.from_numpy(np.array(y)) for y in ys)

    @staticmethod
    def backward(ctx: Any, *dys: torch.Tensor) -> tuple:
        return None, *_Bridge.apply(_pullback(ctx.f, len(ctx.saved_tensors)), *ctx.saved_tensors, *dys)


def _pullback(f: Callable, count: int) -> Callable:
    """The cotangents of `f` for its `count` arguments and its outputs' cotangents: PyTorch's, JAX's conjugate."""

    def pullback(*xs_dys: Any) -> tuple:
        _, back = jax.vjp(f, *xs_dys[:count])
        return tuple(dx.conj() for dx in back(tuple(dy.conj() for dy in xs_dys[count:])))

    return pullback


def bridge(f: Callable, xs: Sequence[np.ndarray]) -> tuple[Callable[..., Tensors], Tensors]:
    """`f`, a function of arrays that returns a tuple of arrays, and `xs`, both for PyTorch."""
    tensors = tuple(torch.from_numpy(np.array(x)).requires_grad_() for x in xs)
    return lambda *given: _Bridge.apply(f, *given), tensors
