"""What a graph is given from outside, refused where it is something else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

from ..core.errors import GraphError, ShapeError, kind_of
from ..core.module import Variables
from .node import Node


def require_key(key: Any) -> None:
    """Raise GraphError where it is no random key, as 0 or the inputs."""
    dtype = getattr(key, "dtype", None)
    # The second kind is that of jax.random.PRNGKey, which JAX still takes.
    if dtype is None or not (jnp.issubdtype(dtype, jax.dtypes.prng_key) or dtype == jnp.uint32):
        got = repr(key) if isinstance(key, int | None) else kind_of(key)
        raise GraphError(f"the graph's init wants a random key first and got {got}: init(jax.random.key(0), x)")


def require_variables(variables: Any) -> None:
    """Raise GraphError where they are only parameters, or none."""
    if not isinstance(variables, Variables):
        remedy = ": of parameters, variables._replace(params=params) makes them" if isinstance(variables, dict) else ""
        raise GraphError(f"the graph wants Variables, as its init returns, and got {kind_of(variables)}{remedy}")


def name_inputs(names: Sequence[str], xs: Sequence[Any]) -> dict[str, Any]:
    """Each input by its name. Raises ShapeError where they are not as many, or a shape without a dtype."""
    if len(xs) != len(names):
        raise ShapeError(f"the graph got {len(xs)} inputs; it wants {len(names)}: {', '.join(names)}")
    for name, x in zip(names, xs, strict=True):
        if isinstance(x, tuple | list):
            shape = f"jax.ShapeDtypeStruct({tuple(x)}, jax.numpy.float32)"
            enough = f", or where a shape is enough {shape}" if all(isinstance(size, int) for size in x) else ""
            raise ShapeError(f"the graph got {kind_of(x)} as its input '{name}'; it wants an array{enough}")
    return dict(zip(names, xs, strict=True))


@contextmanager
def refusing_others(node: Node, nodes: Sequence[Node], variables: Variables) -> Iterator[None]:
    """Raise GraphError for what goes wrong for want of parameters, where the variables have those of other nodes."""
    try:
        yield
    except Exception as error:
        others = dict(variables.params).keys() - {each.owner for each in nodes}
        if node.owner in variables.params or not others:
            raise
        names = ", ".join(sorted(others))
        raise GraphError(f"the variables are of another graph: they have {names}, and nothing for {node}") from error
