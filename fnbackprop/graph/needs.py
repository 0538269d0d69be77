"""Which values of the forward pass each reversed node needs (lecture, A3)."""

from collections.abc import Collection
from typing import Literal, NamedTuple

import jax
from jax import tree_util

from ..core.module import Context, Spec, Variables
from ..core.work import Passes, trace_passes
from .graph import Graph
from .node import Node
from .visits import Visit, visits

Kind = Literal["input", "output", "variable", "key", "computed"]


class Need(NamedTuple):
    """A value of the forward pass that a reversed node needs.

    kind: one of its node's inputs or outputs, a variable (a parameter, an option), the node's random key, or a value
        computed for the backward pass alone, as ReLU's x < 0.
    name: the wire; "params.weight" or "options.rate"; "key"; "computed".
    value: where that array was made: equal for two needs of one array, as through a Duplicate or tied weights.
    """

    kind: Kind
    name: str
    value: str
    spec: jax.ShapeDtypeStruct

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return self.spec.size * self.spec.dtype.itemsize

    @property
    def is_activation(self) -> bool:
        """Whether memory is held for it that variables and keys do not hold anyway."""
        return self.kind in ("input", "output", "computed")


def needs(
    graph: Graph,
    variables: Variables,
    *specs: Spec,
    wanted: Collection[str] | None = None,
    context: Context = Context(),
) -> dict[str, tuple[Need, ...]]:
    """For each node, what its reversed node needs of the forward pass, from shapes alone.

    variables, specs: arrays, or their shapes from `jax.eval_shape`.
    wanted: the graph's inputs whose cotangents are computed too; all by default, none of them in training.

    As the rules are written: a compiler may keep less, by computing a value again, or more, by computing one earlier.
    """
    wanted = graph.inputs if wanted is None else wanted
    origins = {name: name for name in graph.inputs}
    return {
        visit.node.name: _needs(visit, origins)
        for visit in visits(graph.walk, variables, *specs, wanted=wanted, context=context)
    }


def kept_bytes(needs: dict[str, tuple[Need, ...]]) -> dict[str, int]:
    """For each node, the bytes of activations kept for the backward pass, each array at the first node that needs it.

    A wire that two nodes need, one as its output and one as its input, is one array; so are a Duplicate's copies and a
    reshaped array.
    """
    seen: set[str] = set()
    kept = {}
    for node, values in needs.items():
        new = {need.value: need.bytes for need in values if need.is_activation and need.value not in seen}
        kept[node] = sum(new.values())
        seen.update(new)
    return kept


def _needs(visit: Visit, origins: dict[str, str]) -> tuple[Need, ...]:
    """One node's needs; adds to `origins` where each of its outputs was made."""
    node = visit.node
    passes = trace_passes(node.module.apply, visit.variables, *visit.xs, wanted=visit.wanted, context=visit.context)
    named = _names(passes, node, origins)
    for name, value in zip(node.outputs, passes.outputs, strict=True):
        origins[name] = named[value][2] if value in named else name
    return tuple(
        Need(*named.get(value, ("computed", "computed", f"{node.name}.computed.{i}")), spec)
        for i, (value, spec) in enumerate(passes.kept.items())
    )


def _names(passes: Passes, node: Node, origins: dict[str, str]) -> dict[int, tuple[Kind, str, str]]:
    """What a node calls its values: an output that is an input handed on goes by the input's name."""
    named: dict[int, tuple[Kind, str, str]] = dict.fromkeys(passes.key, ("key", "key", f"{node.name}.key"))
    for path, value in tree_util.tree_leaves_with_path(passes.variables):
        name = tree_util.keystr(path, simple=True, separator=".")
        owner = node.owner if name.startswith("params") else node.name
        named[value] = ("variable", name, f"{owner}.{name}")
    for name, value in zip(node.inputs, passes.inputs, strict=True):
        named[value] = ("input", name, origins[name])
    for name, value in zip(node.outputs, passes.outputs, strict=True):
        named.setdefault(value, ("output", name, name))
    return named
