"""The lengths of a call's arguments, and the call with others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from .arguments import as_given, is_key
from .sampling import is_offsets, is_order, offsets, orders, resample, resample_integers
from .setting import Setting

Place = tuple[int, int]  # a leaf, an axis of it
Group = frozenset[Place]
Lengths = Mapping[Place, int]
# What is added to an axis would be noticed times one of these, by a maximum or a hinge too.
_TOLD = (2.0, -2.0, 50.0, -50.0)


def lengths_of(setting: Setting) -> dict[Place, int]:
    """The length of every axis of every array."""
    return {
        (i, axis): n
        for i, leaf in enumerate(setting.leaves)
        if hasattr(leaf, "shape") and not is_key(leaf)
        for axis, n in enumerate(leaf.shape)
    }


def redrawn(setting: Setting, lengths: Lengths, rng: np.random.Generator) -> Setting:
    """The call with these lengths of all its axes, and new values where they are others."""
    own = lengths_of(setting)

    def redraw(number: int, leaf: Any) -> Any:
        if not hasattr(leaf, "shape") or is_key(leaf):
            return leaf
        shape = tuple(lengths[number, axis] for axis in range(len(leaf.shape)))
        array = np.asarray(leaf)
        if number in setting.active or jnp.issubdtype(array.dtype, jnp.inexact):
            return array if shape == array.shape else resample(array, shape, rng)
        if not (np.issubdtype(array.dtype, np.integer) or array.dtype == bool):
            return leaf
        # Integers may be indices into any axis that was longer than the largest of them.
        largest = int(array.max(initial=0))
        below = min((new for place, new in lengths.items() if own[place] > largest), default=None)
        changed = shape != array.shape or (below is not None and below <= largest)
        if is_offsets(array, setting.xs):
            end = next(n for (of, axis), n in lengths.items() if of in setting.active and own[of, axis] == array[-1])
            same = shape == array.shape and end == array[-1]
            return leaf if same else as_given(np.asarray(offsets(shape[0], end, rng), array.dtype), leaf)
        if changed and shape and below == shape[-1] and is_order(array, setting.xs):
            return as_given(np.asarray(orders(shape, rng), array.dtype), leaf)
        return as_given(resample_integers(array, shape, below, rng), leaf) if changed else leaf

    return replace(setting, leaves=tuple(redraw(i, leaf) for i, leaf in enumerate(setting.leaves)))


def are_square(lengths: Lengths, places: Group) -> bool:
    """Whether another axis of an array that has one of these is as long, which may hide a mistake."""
    return any(
        leaf == other and axis != own and n == lengths[leaf, own]
        for leaf, own in places
        for (other, axis), n in lengths.items()
    )


def reads_no_more(setting: Setting, longer: Setting, places: Group) -> bool:
    """Whether the function takes longer axes, and lets alone what is added, as coordinates beyond the third."""
    if [y.shape for y in longer.outputs] != [y.shape for y in setting.outputs] or not longer.finite:
        return False
    if not {leaf for leaf, _ in places} <= set(setting.active):
        return False
    return all(longer.agrees_with(_with_last(longer, places, factor)) for factor in _TOLD)


def _with_last(setting: Setting, places: Group, factor: float) -> Setting:
    """The last entry along these axes times a factor."""
    leaves = list(setting.leaves)
    for leaf, axis in places:
        leaves[leaf] = np.array(leaves[leaf])
        np.moveaxis(leaves[leaf], axis, 0)[-1] *= np.asarray(factor, leaves[leaf].dtype)
    return replace(setting, leaves=tuple(leaves))
