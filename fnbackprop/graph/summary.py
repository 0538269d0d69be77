"""What a graph is made of, known from shapes alone."""

from typing import Any, NamedTuple

import jax
from rich import box
from rich.markup import escape
from rich.table import Table

from ..core.module import Spec
from .graph import Graph, spec_text


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


def summary_table(summary: Summary) -> Table:
    """A summary as a table for a terminal."""
    table = Table("Node", "Module", "Reads", "Output", "Parameters", show_footer=True, box=box.SIMPLE)
    table.columns[0].footer = "total"
    table.columns[-1].footer = f"{summary.params:,}"
    table.columns[-1].justify = "right"
    for row in summary.rows:
        params = f"= {row.tied}" if row.tied else f"{row.params:,}"
        table.add_row(row.name, escape(row.module), row.inputs, escape(row.outputs), params)
    return table
