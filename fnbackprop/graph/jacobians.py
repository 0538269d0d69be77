"""The Jacobians of a small graph, and their products along its paths (lecture, A1 and A2)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import islice, pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, tree_util
from jaxtyping import Float

from ..core.errors import GraphError
from ..core.module import Context, Spec, Variables
from .gradient import node_vjp
from .graph import Graph, require_graph
from .node import Node
from .visits import visits

Jacobians = dict[tuple[str, str], Float[Array, "_ _"]]
_LARGEST, _MOST_PATHS = 10**7, 10**4


def jacobians(graph: Graph, variables: Variables, *xs: Array, context: Context = Context()) -> Jacobians:
    """∂y/∂x for every node, each of its outputs y and each of its inputs and parameters x, by their names (y, x).

    M×N: a row for each number of y, a column for each of x, both in row-major order, examples included. An input goes
    by its wire, a parameter by its owner: "linear_1.params.weight". Numbers without a derivative (tokens) have none.
    Each row is what the node's rule makes of a one-hot cotangent. Raises GraphError where a matrix would have more than
    10⁷ entries.
    """
    require_graph("jacobians", graph)
    for visit in visits(graph.walk, variables, *xs, wanted=graph.inputs, context=context):
        _check_sizes(visit.node, visit.ys, _reads(visit.node, visit.variables, visit.xs))
    found: Jacobians = {}

    def run_node(node: Node, own: Variables, *xs: Array, context: Context) -> tuple[tuple[Array, ...], Any]:
        ys, pullback, state = node_vjp(node, own, *xs, context=context)
        for i, (name, y) in enumerate(zip(node.outputs, ys, strict=True)):
            if not _is_real(y):
                continue

            def row(dy: Array, i: int = i) -> dict[str, Array]:
                dparams, *dxs = pullback(tuple(dy if i == j else _no_cotangent(other) for j, other in enumerate(ys)))
                return _reads(node, Variables(dparams), dxs)

            rows = jax.vmap(row)(jnp.eye(y.size, dtype=y.dtype).reshape(y.size, *y.shape))
            found.update({(name, x): rows[x].reshape(y.size, -1) for x in _reads(node, own, xs)})
        return ys, state

    graph.walk(run_node, variables, *xs, context=context)
    return found


def paths(jacobians: Mapping[tuple[str, str], Any], y: str, x: str) -> Iterator[tuple[str, ...]]:
    """Every path between an input or parameter x and a wire y: the names on it, y first."""
    readers: dict[str, list[str]] = defaultdict(list)
    read: dict[str, list[str]] = defaultdict(list)
    for after, before in jacobians:
        readers[before].append(after)
        read[after].append(before)
    # Only by way of what x leads to: otherwise dead ends may outnumber the paths beyond counting.
    leads, waiting = {x}, [x]
    while waiting:
        new = set(readers[waiting.pop()]) - leads
        leads |= new
        waiting += new

    def down(name: str) -> Iterator[tuple[str, ...]]:
        for before in read[name]:
            if before == x:
                yield (name, x)
            elif before in leads:
                yield from ((name, *rest) for rest in down(before))

    return down(y)


def sum_over_paths(jacobians: Jacobians, y: str, x: str) -> Float[Array, "M N"]:
    """∂y/∂x: the Jacobians along each path from x to y multiplied, and summed over the paths (lecture, A1).

    Where y is a cost it is the gradient, 1×N. Raises GraphError where there is no path, or more than 10⁴ of them.
    """
    found = list(islice(paths(jacobians, y, x), _MOST_PATHS + 1))
    if not found:
        names = ", ".join(dict.fromkeys(name for pair in jacobians for name in pair))
        raise GraphError(f"no path leads from '{x}' to '{y}'; a path joins two of {names}")
    if len(found) > _MOST_PATHS:
        raise GraphError(
            f"more than {_MOST_PATHS:,} paths lead from '{x}' to '{y}'; "
            "reverse(graph).run(…), which sums where paths meet, gives their sum"
        )
    return sum(reduce(jnp.matmul, (jacobians[pair] for pair in pairwise(path))) for path in found)  # type: ignore


def _reads(node: Node, own: Variables, xs: Any) -> dict[str, Any]:
    """What a node can be differentiated by (or the cotangents of these), by name."""
    leaves = tree_util.tree_leaves_with_path(Variables(own.params))
    params = {f"{node.owner}.{tree_util.keystr(path, simple=True, separator='.')}": leaf for path, leaf in leaves}
    wires = dict(zip(node.inputs, xs, strict=True))
    return {name: leaf for name, leaf in (wires | params).items() if _is_real(leaf)}


def _check_sizes(node: Node, ys: tuple[Spec, ...], reads: dict[str, Spec]) -> None:
    for name, y in zip(node.outputs, ys, strict=True):
        for x, spec in reads.items():
            # Its rows are found from as many cotangents of y.
            if y.size * max(y.size, spec.size) > _LARGEST:
                raise GraphError(
                    f"{node}: ∂{name}/∂{x} would be {y.size:,}×{spec.size:,}; jacobians are for small graphs, of at "
                    f"most {_LARGEST:,} entries a matrix: give it fewer examples, as x[:1], or a smaller model, or let "
                    "reverse(graph).run(…) multiply by Jacobians without making them"
                )


def _is_real(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, jnp.inexact)


def _no_cotangent(y: Array) -> Array | np.ndarray:
    return jnp.zeros_like(y) if _is_real(y) else np.zeros(y.shape, jax.dtypes.float0)
