"""A tree of arrays as flat names, and back."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from .errors import DataError

Tree = TypeVar("Tree")


def flatten_tree(tree: Any) -> dict[str, Any]:
    """The leaves of nested dicts, tuples and NamedTuples by dotted path, as in "params.linear_1.weight".

    Raises ValueError where two leaves would share a name, as {"a.b": x} and {"a": {"b": x}} do.
    """
    import jax

    leaves: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        if name in leaves:
            raise ValueError(f"two arrays of one tree are both named {name!r}; rename a key that holds a dot")
        leaves[name] = leaf
    return leaves


def restore_tree(like: Tree, arrays: Mapping[str, Any]) -> Tree:
    """The tree whose structure, shapes and dtypes are those of `like` and whose leaves are `arrays`, by name.

    Nothing is cast or reshaped. Raises DataError that names each array which is missing, extra or of another type.
    """
    import jax

    leaves = flatten_tree(like)
    problems = [f"{name}: missing" for name in leaves if name not in arrays]
    problems += [f"{name}: not part of this model" for name in arrays if name not in leaves]
    for name in leaves.keys() & arrays.keys():
        got, wanted = _type(arrays[name]), _type(leaves[name])
        if got != wanted:
            problems.append(f"{name}: got {got}, wanted {wanted}")
    if problems:
        raise DataError(
            "the saved arrays do not fit the model:\n" + "\n".join(f"  {line}" for line in sorted(problems))
        )
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in leaves])


def _type(x: Any) -> str:
    x = x if hasattr(x, "dtype") else np.asarray(x)
    return f"{x.dtype}{list(x.shape)}"
