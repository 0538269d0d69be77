import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import GraphError
from fnbackprop.core.module import Context, Variables
from fnbackprop.modules import Function

pytestmark = pytest.mark.quick


def noisy(x, scale, key=None, train=False):
    return x + scale * jax.random.normal(key, x.shape) if train else x


def halves(x):
    return x[:1], x[1:]


def test_a_plain_function_with_options():
    module = Function(jnp.cumsum, (("axis", 1),))
    assert module == Function(jnp.cumsum, (("axis", 1),))
    assert hash(module) == hash(Function(jnp.cumsum, (("axis", 1),)))
    assert module.init(jax.random.key(0)) == Variables()
    (y,), state = module.apply(Variables(), jnp.ones((2, 3)), context=Context(derivatives="reference"))
    np.testing.assert_array_equal(y, [[1, 2, 3], [1, 2, 3]])
    assert state == ()


def test_several_inputs_and_outputs():
    (y,), _ = Function(jnp.multiply).apply(Variables(), jnp.array([2.0]), jnp.array([3.0]))
    assert float(y[0]) == 6
    first, second = Function(halves, output_count=2).apply(Variables(), jnp.arange(3.0))[0]
    np.testing.assert_array_equal(first, [0])
    np.testing.assert_array_equal(second, [1, 2])


def test_a_wrong_number_of_outputs_is_named():
    with pytest.raises(GraphError, match=r"Function\(halves\) got 2 outputs where output_count=1.*output_count=2"):
        Function(halves).apply(Variables(), jnp.arange(3.0))
    with pytest.raises(GraphError, match=r"got 1 outputs where output_count=2"):
        Function(jnp.negative, output_count=2).apply(Variables(), jnp.arange(3.0))


def test_key_and_train_come_from_the_context():
    module, x, key = Function(noisy, (("scale", 2.0),)), jnp.zeros(3), jax.random.key(7)
    (y,), _ = module.apply(Variables(), x, context=Context(key=key, train=True))
    np.testing.assert_array_equal(y, 2 * jax.random.normal(key, (3,)))
    np.testing.assert_array_equal(module.apply(Variables(), x)[0][0], x)


def test_an_option_comes_before_the_context():
    module = Function(noisy, (("scale", 2.0), ("train", False)))
    np.testing.assert_array_equal(module.apply(Variables(), jnp.ones(3), context=Context(train=True))[0][0], np.ones(3))
