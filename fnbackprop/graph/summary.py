"""What a graph is made of and what it costs, known from shapes alone."""

from typing import Any, NamedTuple

import jax

from ..core.module import Context, Spec
from ..core.work import Work
from .fused import FusedEnd
from .graph import Graph, spec_text
from .needs import kept_bytes, needs
from .visits import visits


class Row(NamedTuple):
    """One node of a summary: `work` in training, for one batch, and the bytes `kept` for the backward pass."""

    name: str
    module: str
    inputs: str
    outputs: str
    params: int
    tied: str
    work: Work
    kept: int


class Summary(NamedTuple):
    """The nodes of a graph in order, and what they come to."""

    rows: tuple[Row, ...]
    params: int
    fused: FusedEnd | None = None  # its last node and the cost in one, where training runs them so

    @property
    def work(self) -> Work:
        """The work of all nodes."""
        return Work.total(row.work for row in self.rows)

    @property
    def kept(self) -> int:
        """Bytes of activations kept for the backward pass."""
        return sum(row.kept for row in self.rows)


def summarize(graph: Graph, *specs: Spec) -> Summary:
    """Nodes, output shapes, parameter counts and the cost of a training step, for inputs of these shapes.

    Nothing is computed. The cost is that of the graph's nodes, without cost function and optimizer. The backward pass
    stops where no parameter lies before: the first Linear computes no cotangent of the data. An array that several
    nodes keep is counted at the first of them (see `kept_bytes`).
    """
    variables = jax.eval_shape(lambda key: graph.init(key, *specs), jax.random.key(0))
    context = Context(jax.random.key(0), train=True)
    kept = kept_bytes(needs(graph, variables, *specs, wanted=(), context=context))
    rows = tuple(
        Row(
            visit.node.name,
            str(visit.node.module),
            ", ".join(visit.node.inputs),
            ", ".join(map(spec_text, visit.ys)),
            count_params(variables.params.get(visit.node.name, ())),
            visit.node.tied,
            visit.node.module.work(visit.variables, *visit.xs, wanted=visit.wanted, context=visit.context),
            kept[visit.node.name],
        )
        for visit in visits(graph.walk, variables, *specs, wanted=(), context=context)
    )
    return Summary(rows, count_params(variables.params))


def count_params(params: Any) -> int:
    """How many numbers a tree of parameters holds; a tied parameter stands in it once."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
