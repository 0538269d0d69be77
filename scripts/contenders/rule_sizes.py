"""The rules that are measured alone, and the sizes of their arguments."""

from typing import Any

# What each is called with: a shape is drawn from the normal distribution and differentiated, a number is how many
# integers are drawn, rows of a table or classes; and its options.
SIZES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    **dict.fromkeys(("relu", "sigmoid", "tanh", "softplus", "gelu", "silu"), (((1024, 1024),), {})),
    **dict.fromkeys(("softmax", "log_softmax"), (((1024, 1024),), {})),
    "layer_norm": (((1024, 1024), (1024,), (1024,)), {}),
    "rms_norm": (((1024, 1024), (1024,)), {}),
    "batch_norm": (((32, 28, 28, 32), (32,), (32,)), {}),
    "linear": (((256, 1024), (1024, 1024), (1024,)), {}),
    "conv": (((32, 28, 28, 32), (64, 3, 3, 32), (64,)), {}),
    "max_pool": (((32, 28, 28, 64),), {"window": 2}),
    "avg_pool": (((32, 28, 28, 64),), {"window": 2}),
    "embedding": ((4096, (8192, 256)), {}),
    "cross_entropy": (((1024, 4096), 1024), {}),
    # As many positions in all, so that memory which grows with the context, and not with its square, stays as it is.
    **{f"attention, {n} long": (((4096 // n, n, 4, 64),) * 3, {"causal": True}) for n in (64, 256, 1024, 4096)},
    "lstm": (((32, 64, 512), (512, 128)), {}),
    "gru": (((32, 64, 384), (384, 128), (128,)), {}),
}
# Below this.
BELOW = 4096
