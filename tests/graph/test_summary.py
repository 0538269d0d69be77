"""What a summary says, against counts made by hand."""

import jax
import numpy as np
import pytest
from jax import Array

from fnbackprop import Graph, Node
from fnbackprop.build import read_plan
from fnbackprop.core.work import Work
from fnbackprop.graph import Repeat, summarize
from fnbackprop.modules import Dropout, Linear, ReLU, Tanh

pytestmark = pytest.mark.quick

BATCH, FEATURES, HIDDEN, CLASSES = 32, 64, 256, 10


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
    assert found.work.forward_flops == 2 * 10**12 + 10**6


def test_the_costs_of_digits_mlp_by_hand() -> None:
    found = summarize(read_plan("digits_mlp").model, jax.ShapeDtypeStruct((BATCH, FEATURES), np.float32))
    h, y = BATCH * HIDDEN, BATCH * CLASSES
    first, relu, dropout, last = (row.work for row in found.rows)
    # The first layer's input is data: its only product back is the weight's gradient.
    assert first[:2] == (2 * h * FEATURES + h, 2 * h * FEATURES + (BATCH - 1) * HIDDEN)
    assert relu[:2] == (2 * h, h)
    assert dropout[:2] == pytest.approx((19 * h, 19 * h), abs=60)
    assert last[:2] == (2 * y * HIDDEN + y, 4 * y * HIDDEN + (BATCH - 1) * CLASSES)
    assert found.work == Work.total([first, relu, dropout, last])
    # The batch; ReLU's signs, a byte each; nothing for dropout but its key; what the last layer reads.
    assert [row.kept for row in found.rows] == [4 * BATCH * FEATURES, h, 0, 4 * h]
    assert found.kept == 4 * BATCH * FEATURES + h + 4 * h


def test_the_total_is_what_xla_counts_for_a_training_step() -> None:
    graph = Graph([Linear(64), Tanh(), Node(Linear(64)), ReLU(), Linear(8)])
    x = jax.ShapeDtypeStruct((128, 32), np.float32)
    variables = jax.eval_shape(lambda key: graph.init(key, x), jax.random.key(0))

    def gradient(params: dict, x: Array, dy: Array) -> dict:
        _, pullback = jax.vjp(lambda params: graph.apply(variables._replace(params=params), x)[0][0], params)
        return pullback(dy)

    compiled = jax.jit(gradient).lower(variables.params, x, jax.ShapeDtypeStruct((128, 8), np.float32)).compile()
    done = summarize(graph, x).work
    counts = compiled.cost_analysis()
    # All but a few in a hundred are matrix products; XLA drops the last sum, which no gradient needs.
    assert done.forward_flops + done.backward_flops - 2 * 128 * 64 * 8 == pytest.approx(
        counts["flops"] + counts["transcendentals"], rel=0.03
    )


def test_a_graph_in_a_graph_costs_its_nodes() -> None:
    x = jax.ShapeDtypeStruct((4, 3), np.float32)
    flat = summarize(Graph([Linear(3), Tanh(), Linear(3), ReLU()]), x)
    nested = summarize(Graph([Linear(3), Graph([Tanh(), Linear(3)]), ReLU()]), x)
    assert nested.work == flat.work
    assert nested.kept == flat.kept


@pytest.mark.parametrize("parameters", ["stacked", "tied"])
def test_a_block_repeated_costs_as_often_as_it_runs(parameters: str) -> None:
    x = jax.ShapeDtypeStruct((16, 32), np.float32)
    block = [Linear(32), Tanh()]
    once = summarize(Graph([Linear(32), *block]), x)
    (_, *per_trip) = once.rows
    trip = Work.total(row.work for row in per_trip)
    repeated = summarize(Graph([Linear(32), Repeat(block, 12, parameters=parameters)]), x).rows[1]
    assert repeated.work.forward_flops == pytest.approx(12 * trip.forward_flops, rel=0.001)
    # Where parameters are tied, their cotangents are also summed.
    assert repeated.work.backward_flops == pytest.approx(12 * trip.backward_flops, rel=0.04)
    assert repeated.kept == 12 * sum(row.kept for row in per_trip)
