"""Which of a call's arguments are differentiated, and what they are called."""

import inspect
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np


class Arguments(NamedTuple):
    """The leaves of a call's arguments, and which of them are differentiated."""

    leaves: tuple[Any, ...]
    tree: Any
    active: tuple[int, ...]
    names: tuple[str, ...]

    def without(self, places: Collection[int]) -> "Arguments":
        """The same where these of the active ones are not differentiated."""
        kept = [k for k in range(len(self.active)) if k not in places]
        return self._replace(active=tuple(self.active[k] for k in kept), names=tuple(self.names[k] for k in kept))


def read_arguments(function: Callable, args: tuple[Any, ...]) -> Arguments:
    """Floating and complex arrays are differentiated; so is a plain number, unless the function treats it as an option.

    It does so where it cannot trace it, or gives it a cotangent of exactly zero.
    """
    paths, tree = jax.tree_util.tree_flatten_with_path(args)
    static = static_positions(function)
    free = [i for i, (path, _) in enumerate(paths) if path[0].idx not in static]
    arrays = [i for i in free if _is_array(paths[i][1])]
    numbers = [i for i in free if isinstance(paths[i][1], float | complex) and i not in arrays]
    leaves = [_as_jax_takes_it(leaf) for _, leaf in paths]
    for i in numbers:
        if _has_cotangent(function, leaves, tree, i) or not arrays:
            leaves[i] = np.asarray(leaves[i], np.complex64 if isinstance(leaves[i], complex) else np.float32)
            arrays.append(i)
    parameters = positional_names(function)
    names = tuple(_name(paths[i][0], parameters) for i in sorted(arrays))
    return Arguments(tuple(leaves), tree, tuple(sorted(arrays)), names)


def as_given(values: Any, leaf: Any) -> Any:
    """`values` for this leaf: of its dtype, and JAX's where it is, which a rule may index by what it computes."""
    array = np.asarray(values, leaf.dtype)
    return jnp.asarray(array) if isinstance(leaf, jax.Array) else array


def static_positions(function: Callable) -> frozenset[int]:
    """The positions that a custom_vjp treats as options."""
    return frozenset(getattr(function, "nondiff_argnums", ()) or ())


def positional_names(function: Callable) -> list[str]:
    """The names of a function's positional parameters, as far as they are known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def named_parameters(function: Callable) -> list[str]:
    """The names of all parameters; none where the function takes any name, or does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [] if any(p.kind is p.VAR_KEYWORD for p in parameters) else [p.name for p in parameters]


def with_defaults(function: Callable, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with the function's defaults, as JAX hands them to a rule's `fwd`, where they are known."""
    try:
        bound = inspect.signature(function).bind(*args)
    except (TypeError, ValueError):
        return args
    bound.apply_defaults()
    return bound.args


def _has_cotangent(function: Callable, leaves: list[Any], tree: Any, place: int) -> bool:
    def of_one(x: Any) -> Any:
        out = jax.tree.leaves(function(*jax.tree.unflatten(tree, [*leaves[:place], x, *leaves[place + 1 :]])))
        return [y for y in out if jnp.issubdtype(jnp.result_type(y), jnp.inexact)]

    try:
        ys, back = jax.vjp(of_one, leaves[place])
        (dx,) = back([jnp.ones_like(y) + jnp.arange(y.size, dtype=y.dtype).reshape(y.shape) for y in ys])
    except Exception:
        return False
    return bool(dx != 0)


def _as_jax_takes_it(leaf: Any) -> Any:
    """A NumPy array in the dtype that JAX gives it: float64 becomes float32 unless 64 bits are enabled."""
    return np.asarray(leaf, jax.dtypes.canonicalize_dtype(leaf.dtype)) if isinstance(leaf, np.ndarray) else leaf


def _is_array(leaf: Any) -> bool:
    if not isinstance(leaf, jax.Array | np.ndarray | np.generic):
        return False
    return bool(jnp.issubdtype(leaf.dtype, jnp.inexact)) and not isinstance(leaf, float | complex)


def _name(path: tuple[Any, ...], parameters: list[str]) -> str:
    first = path[0].idx
    name = parameters[first] if first < len(parameters) else f"argument {first}"
    return name + jax.tree_util.keystr(path[1:])


def is_floating(leaf: Any) -> bool:
    """Whether it is an array of floating or complex numbers."""
    return isinstance(leaf, jax.Array | np.ndarray) and bool(jnp.issubdtype(leaf.dtype, jnp.inexact))


def is_key(leaf: Any) -> bool:
    """Whether it is a typed random key, or an array of them."""
    return not isinstance(leaf, np.ndarray | np.generic) and "key<" in str(getattr(leaf, "dtype", ""))
