import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.graph import Graph, Node
from fnbackprop.modules import Multiply, Sigmoid, Split
from fnbackprop.modules.split import split

pytestmark = pytest.mark.quick


def test_a_part_that_nobody_reads_gets_zeros():
    dx = jax.grad(lambda x: split(x, (1, 2), 0)[1].sum())(jnp.ones((3, 2)))
    np.testing.assert_array_equal(dx, [[0, 0], [1, 1], [1, 1]])
    np.testing.assert_array_equal(split(jnp.arange(4))[1], [2, 3])


@pytest.mark.parametrize(("parts", "axis"), [(3, 1), ((1, 2), 1), (2, 2), ((4, -1), 1)])
def test_what_does_not_fill_the_axis_is_refused(parts, axis):
    with pytest.raises(ShapeError, match="Split got"):
        split(jnp.zeros((2, 4)), parts, axis)


@pytest.mark.parametrize("parts", [0, (), (0, 2), 1.5])
def test_wrong_options_are_refused(parts):
    with pytest.raises(ValueError, match="parts"):
        Split(parts=parts)


def test_module_feeds_a_gate():
    assert Split(parts=(1, 3)).output_count == 2
    split_node = Node(Split(), "halves", ("x",))
    value, gate = split_node.outputs
    graph = Graph([split_node, Node(Sigmoid(), "gate", (gate,)), Node(Multiply(), "y", (value, "gate"))])
    x = jnp.array([[3.0, 0.0]])
    (y,), _ = graph.apply(graph.init(jax.random.key(0), x), x)
    np.testing.assert_allclose(y, [[1.5]])
