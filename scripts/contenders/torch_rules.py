"""The same functions in PyTorch, differentiated by its autograd; images in the layout that it is fastest in."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .rule_sizes import BELOW, SIZES

_DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def _plain(function: Callable[..., Tensor]) -> Callable:
    return lambda *xs, **options: function(*xs)


def _last(function: Callable[..., Tensor]) -> Callable:
    return lambda x: function(x, -1)


def _normed(x: Tensor, *weights: Tensor) -> Tensor:
    function = functional.layer_norm if len(weights) == 2 else functional.rms_norm
    return function(x, x.shape[-1:], *weights)


def _batch_norm(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    return functional.batch_norm(_planes(x), None, None, scale, bias, training=True)


def _conv(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(_planes(x), _planes(weight), bias, padding="same")


def _attention(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    heads_first = (x.transpose(1, 2) for x in (q, k, v))
    return functional.scaled_dot_product_attention(*heads_first, is_causal=causal)


def _planes(x: Tensor) -> Tensor:
    """Channels second, as PyTorch counts, and last in memory."""
    return x.permute(0, 3, 1, 2)


def _recurrence(kind: str) -> Callable[..., Tensor]:
    """PyTorch's own also multiplies its inputs by a matrix, which is none of ours: the identity of so many numbers."""

    def run(z: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        zeros = torch.zeros(len(weight), device=z.device)
        state = torch.zeros(1, len(z), weight.shape[1], device=z.device)
        eye = torch.eye(len(weight), device=z.device)
        # Of a GRU's biases ours has the one that its reset gate lets through.
        inner = zeros if bias is None else torch.cat([zeros[len(bias) :], bias])
        weights = [eye, weight, zeros, inner]
        if kind == "lstm":
            return torch._VF.lstm(z, (state, state), weights, True, 1, 0.0, True, False, True)[0]
        return torch._VF.gru(z, state, weights, True, 1, 0.0, True, False, True)[0]

    return run


FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": functional.softplus,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "softmax": _last(torch.softmax),
    "log_softmax": _last(torch.log_softmax),
    "layer_norm": _normed,
    "rms_norm": _normed,
    "batch_norm": _batch_norm,
    "linear": functional.linear,
    "conv": _conv,
    "max_pool": lambda x, window: functional.max_pool2d(_planes(x), window),
    "avg_pool": lambda x, window: functional.avg_pool2d(_planes(x), window),
    "embedding": functional.embedding,
    "cross_entropy": functional.cross_entropy,
    "attention": _attention,
    "lstm": _recurrence("lstm"),
    "gru": _recurrence("gru"),
}


def program(name: str) -> Callable[[], Any]:
    """Runs forward and backward, and waits for both."""
    shapes, options = SIZES[name]
    function = FUNCTIONS[name.split(",")[0]]
    torch.manual_seed(0)
    drawn = [
        torch.randint(BELOW, (shape,), device=_DEVICE) if isinstance(shape, int) else torch.randn(shape, device=_DEVICE)
        for shape in shapes
    ]
    active = [x.requires_grad_() for x in drawn if x.is_floating_point()]
    dy = torch.randn_like(function(*drawn, **options))

    def run() -> None:
        torch.autograd.grad(function(*drawn, **options), active, dy)
        if _DEVICE == "cuda":
            torch.cuda.synchronize()

    return run
