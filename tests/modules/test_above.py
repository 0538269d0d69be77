"""Above compares the root mean square of everything with a threshold."""

import jax
import jax.numpy as jnp
import pytest

from fnbackprop import Graph
from fnbackprop.modules import Above

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(("x", "answer"), [([3.0, -4.0], False), ([3.1, -4.0], True), ([jnp.nan, 9.0], False)])
def test_it_is_the_root_mean_square_that_must_be_larger(x: list[float], answer: bool) -> None:
    above = Above(3.5355340)  # √(25/2), rounded up in float32
    (y,), _ = above.apply(above.init(jax.random.key(0), jnp.array(x)), jnp.array(x))
    assert y.shape == ()
    assert bool(y) is answer


def test_half_precision_is_squared_in_float32() -> None:
    x = jnp.full(4, 300, jnp.float16)  # whose square float16 cannot hold
    above = Above(301.0)
    assert not above.apply(above.init(jax.random.key(0), x), x)[0][0]


def test_its_threshold_can_be_swept() -> None:
    graph = Graph([Above(1.0)])
    x = jnp.ones(2)
    variables = graph.init(jax.random.key(0), x)
    options = {"above_1": {"threshold": jnp.array([0.5, 1.0, 1.5])}}
    answers = jax.vmap(lambda options: graph.apply(variables._replace(options=options), x)[0][0])(options)
    assert answers.tolist() == [True, False, False]
