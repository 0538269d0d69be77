"""Each rule alone, forward and backward: by its hand-written rule, and by autodiff of its reference."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from fnbackprop.verify import own_rules

from .rule_sizes import BELOW, SIZES


def program(name: str, who: str) -> tuple[Callable, tuple[Any, ...]]:
    """A function that returns the outputs and all cotangents, and its arguments: by "fnbackprop" or by "autodiff"."""
    shapes, options = SIZES[name]
    rule, reference, _, _ = own_rules()[name.split(",")[0]]
    function = partial(rule if who == "fnbackprop" else reference, **options)
    keys = jax.random.split(jax.random.key(0), len(shapes))
    drawn = tuple(map(_drawn, shapes, keys))
    active = [place for place, x in enumerate(drawn) if x.dtype == jnp.float32]

    def both(drawn: tuple[Any, ...], dy: Any) -> Any:
        def of_active(*xs: Any) -> Any:
            places = dict(zip(active, xs, strict=True))
            return function(*(places.get(place, x) for place, x in enumerate(drawn)))

        y, back = jax.vjp(of_active, *(drawn[place] for place in active))
        return y, back(dy)

    dy = jax.tree.map(lambda y: jax.random.normal(jax.random.key(1), y.shape), jax.eval_shape(function, *drawn))
    return both, (drawn, dy)


def _drawn(shape: Any, key: Any) -> Any:
    return jax.random.randint(key, (shape,), 0, BELOW) if isinstance(shape, int) else jax.random.normal(key, shape)
