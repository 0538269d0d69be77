import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.graph import Graph, Node
from fnbackprop.modules import Concatenate, ReLU, Tanh
from fnbackprop.modules.concatenate import concatenate

pytestmark = pytest.mark.quick


def test_integers_pass_and_each_part_keeps_its_type():
    tokens = jnp.arange(3)
    np.testing.assert_array_equal(concatenate((tokens, tokens), 0), [0, 1, 2, 0, 1, 2])
    halves = jnp.ones(2, jnp.bfloat16), jnp.ones(3)
    y, pullback = jax.vjp(concatenate, halves)
    assert y.dtype == jnp.float32
    assert [dx.dtype for dx in pullback(y)[0]] == [jnp.bfloat16, jnp.float32]


@pytest.mark.parametrize(
    ("shapes", "axis"), [(((2, 3), (3, 3)), 1), (((2,), (2, 1)), 0), (((2,), (3,)), 1), (((), ()), 0)]
)
def test_arrays_that_do_not_fit_are_refused(shapes, axis):
    with pytest.raises(ShapeError, match=f"along axis {axis}.*reshape them"):
        concatenate(tuple(map(jnp.zeros, shapes)), axis)
    with pytest.raises(ShapeError, match="got no arrays"):
        concatenate(())


def test_module_joins_the_ways_of_a_graph():
    graph = Graph([Node(ReLU(), "a", ("x",)), Node(Tanh(), "b", ("x",)), Node(Concatenate(), "both", ("a", "b"))])
    x = jnp.array([[-1.0, 2.0]])
    (y,), _ = graph.apply(graph.init(jax.random.key(0), x), x)
    np.testing.assert_allclose(y, [[0, 2, np.tanh(-1), np.tanh(2)]], rtol=1e-6)
