import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import ShapeError
from fnbackprop.modules import Embedding, Positions
from fnbackprop.modules.embedding import embedding, embedding_reference
from fnbackprop.modules.rotary import rotary

pytestmark = pytest.mark.quick

TABLE = jnp.arange(8.0).reshape(4, 2)


@pytest.mark.parametrize("function", [embedding, embedding_reference])
def test_what_is_no_row_is_nan_and_gets_nothing(function) -> None:
    y, back = jax.vjp(lambda table: function(jnp.array([1, 4, -1, 1]), table), TABLE)
    np.testing.assert_array_equal(y, [[2, 3], [np.nan] * 2, [np.nan] * 2, [2, 3]])
    np.testing.assert_array_equal(back(jnp.ones((4, 2)))[0], [[0, 0], [2, 2], [0, 0], [0, 0]])


def test_many_repeats_in_half_precision_are_not_lost() -> None:
    tokens = jnp.zeros(1000, int)
    (dtable,) = jax.vjp(lambda table: embedding(tokens, table), TABLE.astype(jnp.bfloat16))[1](
        jnp.ones((1000, 2), jnp.bfloat16)
    )
    assert dtable[0].tolist() == [1000, 1000]


def test_only_integers_name_rows() -> None:
    with pytest.raises(ShapeError, match="Embedding got float32 inputs; it wants integers"):
        Embedding(4, 2).init(jax.random.key(0), jnp.ones((2, 3)))


def test_a_sequence_longer_than_the_table_of_positions_is_refused() -> None:
    x = jnp.ones((2, 5, 3))
    variables = Positions(4).init(jax.random.key(0), x)
    with pytest.raises(ShapeError, match="a sequence of 5 places for a table of 4"):
        Positions(4).apply(variables, x)


def test_turned_queries_and_keys_know_how_far_apart_they_are_only() -> None:
    q, k = jax.random.normal(jax.random.key(1), (2, 4))
    turned_q, turned_k = (rotary(jnp.tile(x, (9, 1, 1)))[:, 0] for x in (q, k))
    products = turned_q @ turned_k.T
    for apart in (-3, 0, 5):
        diagonal = jnp.diagonal(products, apart)
        np.testing.assert_allclose(diagonal, diagonal[0], rtol=1e-4)
    np.testing.assert_allclose(jnp.linalg.norm(turned_q, axis=1), jnp.linalg.norm(q), rtol=1e-5)


def test_places_are_counted_from_the_start() -> None:
    x = jax.random.normal(jax.random.key(1), (5, 2, 4))
    np.testing.assert_allclose(rotary(x, 100.0)[3:], rotary(x[3:], 100.0, 3), rtol=1e-5)
