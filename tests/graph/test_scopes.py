"""Operations of a compiled program find back to their nodes."""

import re

import jax
import jax.numpy as jnp
import pytest

from fnbackprop.graph import Graph, Node, Repeat, place_of
from fnbackprop.graph.scopes import Place
from fnbackprop.modules import Linear, Tanh

pytestmark = pytest.mark.quick

MODEL = Graph(
    [
        Linear(4),
        Node(Repeat(block=[Linear(4), Tanh()], times=3), name="deep"),
        Node(Graph([Node(Tanh(), name="add"), Linear(2)]), name="head"),
    ]
)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("jit(f)/while/body/jvp(linear_1)/dot_general", Place("linear_1", "forward")),
        ("jit(f)/while/body/transpose(jvp(linear_1))/dot_general", Place("linear_1", "backward")),
        ("jit(f)/jvp(deep)/while/body/eval_jaxpr/linear_1/add", Place("deep/linear_1", "forward")),
        ("jit(f)/jvp(deep)/while/body/add", Place("deep", "forward")),
        # The last part is what is computed, whatever a node is called.
        ("jit(f)/jvp(head)/add/add", Place("head/add", "forward")),
        ("jit(f)/jvp(head)/linear_1/add", Place("head/linear_1", "forward")),
        ("jit(f)/jvp()/reduce_sum", Place("", "forward")),
        ("jit(f)/jvp(linear_1)/add;jit(f)/jvp(head)/add/tanh", Place("head/add", "forward")),
        ("jit(f)/while/body/linear_1", None),
        ("", None),
    ],
)
def test_names_as_jax_writes_them(name: str, place: Place | None) -> None:
    assert place_of(name, MODEL) == place


def test_every_node_is_found_in_the_program_of_a_gradient() -> None:
    x = jnp.ones((2, 3))
    variables = MODEL.init(jax.random.key(0), x)

    def cost(params: dict) -> jax.Array:
        (y,), _ = MODEL.apply(variables._replace(params=params), x)
        return jnp.sum(y**2)

    program = jax.jit(jax.grad(cost)).lower(variables.params).compile().as_text()
    found = {place_of(name, MODEL) for name in re.findall(r'op_name="([^"]*)"', program)}
    nodes = {"linear_1", "deep/linear_1", "deep/tanh_1", "head/add", "head/linear_1"}
    for way in ("forward", "backward"):
        assert nodes <= {place.path for place in found if place and place.way == way}
