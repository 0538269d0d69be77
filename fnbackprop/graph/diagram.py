"""What a picture of a graph and its gradient graph shows, before it is decided where (lecture, A1 to A3)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ..core.module import Spec
from ..drawing.diagram import Diagram, Link, Place, parameters_of
from ..modules.duplicate import Duplicate
from .folded import folded
from .gradient import ReversedNode, reverse
from .graph import Graph
from .needs_line import needs_line
from .node import Node
from .shapes import Shapes, known_shapes, label, size

# Names that no node can have.
COST, RESULT, TARGETS = ":cost", ":result", ":targets"
_MOST_ARRAYS = 4


def make_diagram(graph: Graph, *specs: Spec, cost: str = "", targets: Spec | None = None, fold: bool = True) -> Diagram:
    """The diagram of `graph` under a cost; without `specs`, no shapes are shown, nor parameters but tied ones.

    cost: its name; where empty, the sum of the outputs.
    fold: show repeated blocks of a long graph once.
    """
    shapes, gradient = known_shapes(graph, specs), {r.node.name: r for r in reverse(graph, *specs).nodes}
    nodes, groups, outputs = folded(graph, shapes) if fold else (graph.nodes, (), graph.outputs)
    users = Counter(node.owner for node in graph.nodes)
    places = [Place(name, "input", (name,), (f"∂C/∂{name}",)) for name in graph.inputs]
    links: list[Link] = []
    writer = {name: name for name in graph.inputs} | {wire: node.name for node in nodes for wire in node.outputs}
    for node in nodes:
        if node.owner in shapes.params or users[node.owner] > 1:
            name = parameters_of(node.owner)
            if not node.tied:
                places.append(_parameters(name, shapes.params.get(node.owner), users[node.owner]))
            links.append(Link(name, node.name, of_parameters=True))
        places.append(_place(_drawn(gradient[node.name], node), shapes))
        links += [_link(writer[wire], node.name, shapes.wires.get(wire)) for wire in node.inputs]
    links += [_link(writer[wire], COST, shapes.wires.get(wire)) for wire in outputs]
    more_places, more_links = _top(cost, [shapes.wires[wire] for wire in outputs if wire in shapes.wires], targets)
    return Diagram((*places, *more_places), (*links, *more_links), groups)


def _drawn(reversed_node: ReversedNode, node: Node) -> ReversedNode:
    """A reversed node under the names that are drawn: `node` may read another wire, which stands for its own."""
    names, needs = dict(zip(reversed_node.node.inputs, node.inputs, strict=True)), reversed_node.needs
    if needs is not None:
        needs = tuple(need._replace(name=names.get(need.name, need.name)) for need in needs)
    return ReversedNode(node, needs)


def _link(tail: str, head: str, spec: Spec | None) -> Link:
    if spec is None:
        return Link(tail, head)
    backward = f"1×{size(spec):,}" if jnp.issubdtype(spec.dtype, jnp.inexact) else "no derivative"
    return Link(tail, head, label(spec), backward)


def _place(reversed_node: ReversedNode, shapes: Shapes) -> Place:
    node = reversed_node.node
    if isinstance(node.module, Duplicate):
        terms = [f"dy{_index(i)}" for i in range(1, node.module.copies + 1)]
        total = " + ".join(terms if len(terms) < 4 else [*terms[:2], "…", terms[-1]])
        return Place(node.name, "duplicate", ("Duplicate",), (f"dx = {total}",))
    backward = (f"∂ {node.name}", *_jacobians(reversed_node, shapes), *needs_line(reversed_node))
    return Place(node.name, "module", (node.name, str(node.module).removesuffix("()")), backward)


def _jacobians(node: ReversedNode, shapes: Shapes) -> list[str]:
    """The shapes M×N of the matrices that a reversed node multiplies the cotangent of its outputs by."""
    if not shapes.wires:
        return []
    rows = sum(size(shapes.wires[wire]) for wire in node.reads)
    columns = [size(shapes.wires[wire]) for wire in node.writes]
    names = ["x"] if len(columns) == 1 else [f"x{_index(i)}" for i in range(1, len(columns) + 1)]
    if len(columns) > 1 and len(set(columns)) == 1:
        names, columns = ["xᵢ"], columns[:1]
    if node.owner in shapes.params:
        names, columns = [*names, "w"], [*columns, _count(shapes.params[node.owner])]
    return [f"∂y/∂{name} {rows:,}×{column:,}" for name, column in zip(names, columns, strict=True)]


def _parameters(name: str, params: Any, users: int) -> Place:
    forward, backward = ["w"], ["∂C/∂w"]
    if params is not None:
        leaves = jax.tree_util.tree_leaves_with_path(params)
        arrays = [f"{jax.tree_util.keystr(path, simple=True, separator='.')} {label(leaf)}" for path, leaf in leaves]
        more = len(arrays) - _MOST_ARRAYS
        forward += arrays if more <= 0 else [*arrays[: _MOST_ARRAYS - 1], f"and {more + 1} more"]
        backward.append(f"1×{_count(params):,}")
    if users > 1:
        forward.append(f"shared by {users} nodes")
        backward.append(f"sum of {users} cotangents")
    return Place(name, "parameters", tuple(forward), tuple(backward))


def _top(cost: str, outputs: Sequence[Spec], targets: Spec | None) -> tuple[list[Place], list[Link]]:
    """The cost, what it is compared with, and its result, whose reversal is the seed 1."""
    jacobian = [f"∂C/∂ȳ 1×{sum(map(size, outputs)):,}"] if outputs else []
    forward = (cost, "C(y, ȳ)") if targets is not None else (cost or "sum", "of the outputs ȳ")
    places = [
        Place(COST, "cost", forward, (f"∂ {forward[0]}", *jacobian)),
        Place(RESULT, "cost", ("C",), ("1",)),
    ]
    links = [Link(COST, RESULT, "scalar", "1×1") if outputs else Link(COST, RESULT)]
    if targets is not None:
        places.insert(0, Place(TARGETS, "targets", ("y", label(targets)), ()))
        links.insert(0, Link(TARGETS, COST))
    return places, links


def _count(params: Any) -> int:
    return sum(map(size, jax.tree.leaves(params)))


def _index(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
