"""Functions that are measured as compiled programs: what W5 to W8 compare, each with its arguments."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

import fnbackprop
from fnbackprop import modules
from fnbackprop.core.module import Context, Module
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.graph import Graph, Repeat, fused_end

# A program: a function of arrays, and the arrays.
Program = tuple[Callable[..., Any], tuple[Any, ...]]
_ON_CPU = jax.default_backend() == "cpu"


def dropout(quick: bool) -> dict[str, Program]:
    """W7: forward and backward of a dropout of a million numbers."""
    x, dy = (jax.random.normal(jax.random.key(i), (1000, 1000)) for i in range(2))

    def both(function: Callable, key: Any) -> Program:
        def run(x: Array, dy: Array, key: Any) -> Any:
            y, back = jax.vjp(lambda x: function(x, key), x)
            return y, back(dy)

        return run, (x, dy, key)

    def drawn(x: Array, key: Any) -> Array:
        return jnp.where(jax.random.bernoulli(key, 0.6, x.shape), x / 0.6, 0)

    return {
        "fnbackprop.dropout": both(lambda x, key: fnbackprop.dropout(x, key, 0.4), jax.random.key(0)),
        "jax.random.bernoulli, threefry": both(drawn, jax.random.key(0)),
        "jax.random.bernoulli, rbg": both(drawn, jax.random.key(0, impl="rbg")),
        "a multiplication": both(lambda x, mask: x * mask, jnp.ones_like(x)),
    }


def depth(quick: bool) -> dict[str, Program]:
    """W8: the gradient of many layers of 128, as one `Repeat` and one after the other."""
    block = (modules.Linear(128), modules.ReLU())
    programs: dict[str, Program] = {}
    for times in (4, 16) if quick else (4, 16, 64, 256):
        models = {"Repeat": Graph([Repeat(Graph(block), times)]), "unrolled": Graph(block * times)}
        programs |= {f"{name}, {times} layers": _gradient(model, (64, 128)) for name, model in models.items()}
    return programs


def deep(quick: bool) -> dict[str, Program]:
    """W5: the gradient of eight layers of 512 with GELU, and with dropout."""
    shape = (256, 128) if quick else (4096, 512) if _ON_CPU else (65536, 2048)
    gelu = modules.Function(jax.nn.gelu)
    programs: dict[str, Program] = {}
    for name, more in {"": (), ", dropout": (modules.Dropout(0.1),)}.items():
        block = Graph([modules.Linear(shape[1]), gelu, *more])
        programs |= {
            f"fnbackprop{name}": _gradient(Graph([Repeat(block, 8)]), shape),
            f"fnbackprop, remat{name}": _gradient(Graph([Repeat(block, 8, remat=True)]), shape),
            f"autodiff in a scan{name}": _by_hand(shape, bool(more)),
            f"jax.checkpoint in a scan{name}": _by_hand(shape, bool(more), jax.checkpoint),
        }
    return programs


def vocabulary(quick: bool) -> dict[str, Program]:
    """W6: the gradient of a linear layer and cross-entropy, 1024 tokens of 256 numbers, to many classes."""
    programs: dict[str, Program] = {}
    for classes in (1000,) if quick else (1000, 8000, 32000):
        draw = jax.random.normal
        x, W = draw(jax.random.key(0), (1024, 256)), draw(jax.random.key(1), (classes, 256)) / 16
        targets = jax.random.randint(jax.random.key(2), (1024,), 0, classes)

        def ours(x: Array, W: Array, b: Array, targets: Array) -> Array:
            return fnbackprop.linear_cross_entropy(x, W, b, targets)[0]

        def apart(x: Array, W: Array, b: Array, targets: Array) -> Array:
            return fnbackprop.cross_entropy(fnbackprop.linear(x, W, b), targets)

        def theirs(x: Array, W: Array, b: Array, targets: Array) -> Array:
            return optax.softmax_cross_entropy_with_integer_labels(x @ W.T + b, targets).mean()

        # What training makes of a model that ends so: one rule, where there are many classes.
        picked = fused_end(Graph([modules.ReLU(), modules.Linear(classes)]), CROSS_ENTROPY)
        functions = {"fnbackprop": ours if picked else apart, "optax": theirs}
        for name, function in (functions | {"jax.checkpoint": jax.checkpoint(theirs)}).items():
            gradient = jax.value_and_grad(function, (0, 1, 2))
            programs[f"{name}, {classes} classes"] = gradient, (x, W, jnp.zeros(classes), targets)
    return programs


PROGRAMS: dict[str, Callable[[bool], dict[str, Program]]] = {
    "W5, deep": deep,
    "W6, vocabulary": vocabulary,
    "W7, dropout": dropout,
    "W8, depth": depth,
}


def _gradient(model: Module, shape: tuple[int, ...]) -> Program:
    """Of the sum of squares of the outputs, for all parameters."""
    x = jax.random.normal(jax.random.key(0), shape)
    variables = jax.jit(lambda key: model.init(key, x))(jax.random.key(1))

    def cost(params: Any, x: Array, key: Any) -> Array:
        context = Context(key, train=True)
        (y,), _ = model.apply(variables._replace(params=params), x, context=context)
        return jnp.mean(y**2)

    return jax.value_and_grad(cost), (variables.params, x, jax.random.key(2))


def _by_hand(shape: tuple[int, int], dropped: bool, wrap: Callable = lambda layer: layer) -> Program:
    x = jax.random.normal(jax.random.key(0), shape)
    weights = jax.random.normal(jax.random.key(1), (8, shape[1], shape[1])) * (2 / shape[1]) ** 0.5
    params = weights, jnp.zeros((8, shape[1]))

    def layer(key: Any, x: Array, each: tuple[Array, Array, Array]) -> tuple[Array, None]:
        i, W, b = each
        y = jax.nn.gelu(x @ W.T + b)
        keep = partial(jax.random.bernoulli, jax.random.fold_in(key, i), 0.9)
        return (jnp.where(keep(y.shape), y / 0.9, 0) if dropped else y), None

    def cost(params: tuple[Array, Array], x: Array, key: Any) -> Array:
        y, _ = jax.lax.scan(wrap(partial(layer, key)), x, (jnp.arange(8), *params))
        return jnp.mean(y**2)

    return jax.value_and_grad(cost), (params, x, jax.random.key(2))
