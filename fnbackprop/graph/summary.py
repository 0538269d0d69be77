"""What a graph is made of, known from shapes alone."""

from typing import Any, NamedTuple

import jax

from .graph import Graph, Spec, spec_text


class Row(NamedTuple):
    """One node of a summary."""

    name: str
    module: str
    inputs: str
    outputs: str
    params: int
    tied: str


class Summary(NamedTuple):
    """The nodes of a graph in order, and its number of parameters."""

    rows: tuple[Row, ...]
    params: int


def summarize(graph: Graph, *specs: Spec) -> Summary:
    """Nodes, output shapes and parameter counts for inputs of these shapes; nothing is computed."""
    variables = jax.eval_shape(lambda key: graph.init(key, *specs), jax.random.key(0))
    wires, _ = jax.eval_shape(graph.wires, variables, *specs)
    rows = tuple(
        Row(
            node.name,
            str(node.module),
            ", ".join(node.inputs),
            ", ".join(spec_text(wires[name]) for name in node.outputs),
            count_params(variables.params.get(node.name, ())),
            node.tied,
        )
        for node in graph.nodes
    )
    return Summary(rows, count_params(variables.params))


def count_params(params: Any) -> int:
    """How many numbers a tree of parameters holds; a tied parameter stands in it once."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
