"""A summary as people read it."""

import jax
import numpy as np
import pytest
from rich.console import Console

from fnbackprop import Graph, Node
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.graph import Summary, fused_end, summarize
from fnbackprop.graph.summary_table import summary_table
from fnbackprop.modules import Add, Linear, ReLU

pytestmark = pytest.mark.quick

GRAPH = Graph(
    [
        Node(Linear(1000), "first"),
        Node(ReLU(), "active"),
        Node(Linear(1000), "second", tied="first"),
        Node(Add(), "skip", ("second", "active")),
    ]
)
SUMMARY = summarize(GRAPH, jax.ShapeDtypeStruct((512, 1000), np.float32))


def printed(width: int, summary: Summary = SUMMARY) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(summary_table(summary))
    return capture.get()


@pytest.mark.parametrize("width", [80, 100])
def test_every_number_stands_whole_in_its_row(width: int) -> None:
    lines = printed(width).splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in printed(width)
    (first,) = (line for line in lines if line.split()[:1] == ["first"])
    # 2 · 512 · 1000 · 1000 operations; x, W, b and y are read and written once; x is kept.
    for part in ("1,001,000", "1.02 G", "7.72 MiB", "1.95 MiB"):
        assert part in first
    assert any(line.split()[:1] == ["second"] and "= first" in line for line in lines)


def test_totals_and_what_is_read_from_elsewhere() -> None:
    text = printed(100)
    (total,) = (line for line in text.splitlines() if line.split()[:1] == ["total"])
    # Three operations for each of 512,000 numbers, beside the two Linears; ReLU's signs are kept, and two inputs.
    for part in ("1,001,000", "2.05 G", "4.39 MiB"):
        assert part in total
    assert "← second, active" in text
    assert "2 × [512, 1000]" in text


def test_says_that_the_last_linear_and_the_cost_are_one_rule() -> None:
    graph = Graph([ReLU(), Linear(5000)])
    summary = summarize(graph, jax.ShapeDtypeStruct((2, 3), np.float32))._replace(fused=fused_end(graph, CROSS_ENTROPY))
    assert "'linear_1' and the cost are one rule" in " ".join(printed(200, summary).split())
    assert "one rule" not in printed(200)
