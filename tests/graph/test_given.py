"""What a graph is given is refused where it is something else, in words that say what to give."""

import re

import jax
import jax.numpy as jnp
import pytest

from fnbackprop import Graph, GraphError, Node, ShapeError, draw, reverse
from fnbackprop.modules import Linear, ReLU

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("unchecked")]

NET, KEY, X = Graph([Linear(3), ReLU()]), jax.random.key(0), jnp.ones((8, 20))


@pytest.mark.parametrize("shape", [(8, 20), [8, 20]])
def test_a_shape_without_a_dtype_is_refused(shape):
    told = re.escape("as its input 'x'; it wants an array, or where a shape is enough jax.ShapeDtypeStruct((8, 20), ")
    for use in (lambda: NET.init(KEY, shape), lambda: reverse(NET, shape), lambda: draw(NET, shape)):
        with pytest.raises(ShapeError, match=told):
            use()


def test_numbers_in_a_list_are_no_array():
    with pytest.raises(ShapeError, match="got a list as its input 'x'; it wants an array"):
        NET.apply(NET.init(KEY, X), [1.0, 2.0])


@pytest.mark.parametrize(("key", "got"), [(0, "0"), (None, "None"), (X, "an array")])
def test_what_is_no_key_is_refused(key, got):
    told = f"wants a random key first and got {got}: init(jax.random.key(0), x)"
    with pytest.raises(GraphError, match=re.escape(told)):
        NET.init(key, X)


def test_keys_of_both_kinds_are_taken():
    assert jax.tree.all(jax.tree.map(jnp.array_equal, NET.init(KEY, X), NET.init(jax.random.PRNGKey(0), X)))


def test_parameters_are_not_all_variables():
    params = NET.init(KEY, X).params
    for use in (lambda: NET.apply(params, X), lambda: reverse(NET).run(params, X)):
        with pytest.raises(GraphError, match=r"wants Variables, .* got a dict: .*variables\._replace"):
            use()
    with pytest.raises(GraphError, match="wants Variables, as its init returns, and got an array"):
        NET.apply(X)


def test_variables_of_another_graph_are_refused():
    other = Graph([Node(Linear(3), "foo"), ReLU()])
    with pytest.raises(GraphError, match=r"of another graph: they have foo, and nothing for node 'linear_1'"):
        NET.apply(other.init(KEY, X), X)


def test_names_that_are_no_tuple_are_not_taken_letter_by_letter():
    with pytest.raises(GraphError, match=r"got inputs='a'; it wants a tuple of names: \('a',\)"):
        Graph([Node(Linear(3), "a"), Node(ReLU(), inputs="a")])
