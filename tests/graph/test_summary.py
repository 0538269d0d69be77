"""What a summary says, against counts made by hand."""

import jax
import numpy as np
import pytest
from rich.console import Console

from fnbackprop import Graph, Node
from fnbackprop.graph import summarize, summary_table
from fnbackprop.modules import Dropout, Linear, ReLU

pytestmark = pytest.mark.quick


def test_nodes_shapes_and_parameters() -> None:
    graph = Graph([Linear(128), ReLU(), Dropout(), Node(Linear(128), "same"), Node(Linear(128), "tied", tied="same")])
    found = summarize(graph, jax.ShapeDtypeStruct((64, 784), np.float32))
    assert [(row.name, row.outputs, row.params, row.tied) for row in found.rows] == [
        ("linear_1", "float32[64, 128]", 784 * 128 + 128, ""),
        ("relu_1", "float32[64, 128]", 0, ""),
        ("dropout_1", "float32[64, 128]", 0, ""),
        ("same", "float32[64, 128]", 128 * 128 + 128, ""),
        ("tied", "float32[64, 128]", 0, "same"),
    ]
    assert found.params == 784 * 128 + 128 + 128 * 128 + 128


def test_a_model_larger_than_any_memory_is_summed_up_without_making_it() -> None:
    found = summarize(Graph([Linear(10**6)]), jax.ShapeDtypeStruct((1, 10**6), np.float32))
    assert found.params == 10**12 + 10**6


def test_the_table_holds_every_name_and_the_total() -> None:
    console = Console(width=200, record=True, quiet=True)
    with console.capture():
        console.print(
            summary_table(summarize(Graph([Linear(5, bias=False)]), jax.ShapeDtypeStruct((2, 3), np.float32)))
        )
    table = summary_table(summarize(Graph([Linear(5, bias=False)]), jax.ShapeDtypeStruct((2, 3), np.float32)))
    wide = Console(width=200)
    with wide.capture() as capture:
        wide.print(table)
    for part in ("linear_1", "Linear(features=5, bias=False)", "float32[2, 5]", "15"):
        assert part in capture.get()
