"""How arrays lie over the explicit axes of a mesh, where that is part of their type (`jax.sharding.AxisType`)."""

from collections.abc import Callable
from typing import Any

import jax
from jax import Array
from jax.sharding import NamedSharding, PartitionSpec


def over(x: Array, *axes: int | None) -> NamedSharding:
    """The sharding of an array whose axes are these of `x`; None stands for one that is not split."""
    own = jax.typeof(x).sharding
    return NamedSharding(own.mesh, PartitionSpec(*(None if axis is None else own.spec[axis] for axis in axes)))


def followed_by(x: Array, last: Array) -> NamedSharding:
    """The sharding of an array with the axes of `x` and the last one of `last`."""
    own = jax.typeof(x).sharding
    return NamedSharding(own.mesh, PartitionSpec(*own.spec, jax.typeof(last).sharding.spec[-1]))


def left_to_xla(function: Callable, out: Any) -> Callable:
    """`function`, inside which XLA splits arrays as it sees fit; its results lie as `out` says, a tree of shardings.

    For loops that cut an array along an axis that may be split, which JAX refuses where it is to say how. All arrays
    must come as arguments.
    """
    axes = jax.sharding.get_abstract_mesh().explicit_axes
    return jax.sharding.auto_axes(function, axes=axes, out_sharding=out) if axes else function
