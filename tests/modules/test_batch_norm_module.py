import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Graph, Repeat
from fnbackprop.core.errors import ShapeError
from fnbackprop.core.module import Context
from fnbackprop.modules import BatchNorm, Linear

pytestmark = pytest.mark.quick
TRAIN = Context(train=True)
X = jnp.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]])


def test_training_moves_the_running_statistics_as_stated():
    module = BatchNorm(momentum=0.25)
    variables = module.init(jax.random.key(0), X)
    (y,), state = module.apply(variables, X, context=TRAIN)
    np.testing.assert_allclose(y.mean(axis=0), [0, 0], atol=1e-6)
    np.testing.assert_allclose(y.std(axis=0), [1, 1], rtol=1e-5)
    # Means 3 and 20; unbiased variances 4 and 300; from 0 and 1.
    np.testing.assert_allclose(state["mean"], [0.75, 5])
    np.testing.assert_allclose(state["variance"], [0.75 + 1, 0.75 + 75])


def test_evaluation_uses_them_and_leaves_them():
    module = BatchNorm(epsilon=1.0)
    variables = module.init(jax.random.key(0), X)
    variables = variables._replace(state={"mean": jnp.array([1.0, 10.0]), "variance": jnp.array([3.0, 0.0])})
    (y,), state = module.apply(variables, X)
    np.testing.assert_allclose(y, [[0, 0], [1, 0], [2, 30]])
    assert state is variables.state
    np.testing.assert_allclose(module.apply(variables, X[:1])[0][0], y[:1])


def test_examples_that_fill_up_a_batch_are_left_out():
    module = BatchNorm()
    variables = module.init(jax.random.key(0), X)
    _, wanted = module.apply(variables, X, context=TRAIN)
    filled, counted = jnp.concatenate([X, X[:1]]), jnp.array([True, True, True, False])
    _, state = module.apply(variables, filled, context=Context(train=True, counted=counted))
    for name in ("mean", "variance"):
        np.testing.assert_allclose(state[name], wanted[name], rtol=1e-6)


@pytest.mark.parametrize("counted", [[False, True, False], [False, False, False]])
def test_too_few_to_have_a_variance_leave_the_statistics(counted):
    module = BatchNorm()
    variables = module.init(jax.random.key(0), X)
    context = Context(train=True, counted=jnp.array(counted))
    (y,), state = module.apply(variables, X, context=context)
    assert np.isfinite(y).all()
    np.testing.assert_array_equal(state["mean"], [0, 0])
    np.testing.assert_array_equal(state["variance"], [1, 1])


def test_a_batch_of_one_is_refused_while_training():
    module = BatchNorm()
    variables = module.init(jax.random.key(0), X)
    with pytest.raises(ShapeError, match=r"\(1, 2\) while training.*a larger batch, or LayerNorm"):
        module.apply(variables, X[:1], context=TRAIN)
    # A single image has many places.
    image = jnp.ones((1, 3, 2))
    module.apply(variables, image, context=TRAIN)


def test_the_statistics_have_no_gradient_and_momentum_is_an_option():
    module = BatchNorm(scale=False, bias=False)
    variables = module.init(jax.random.key(0), X)
    assert not jax.tree.leaves(variables.params)
    means = jax.vmap(
        lambda m: module.apply(variables._replace(options={"momentum": m}), X, context=TRAIN)[1]["mean"][0]
    )(jnp.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(means, [0, 1.5, 3])


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_statistics_stay_in_float32(dtype):
    module, x = BatchNorm(), X.astype(dtype)
    variables = module.init(jax.random.key(0), x)
    (y,), state = module.apply(variables, x, context=TRAIN)
    assert y.dtype == dtype
    assert {leaf.dtype for leaf in jax.tree.leaves((variables.state, state))} == {jnp.dtype("float32")}


def test_each_repetition_has_its_own_statistics():
    graph = Graph([Repeat(Graph([Linear(features=2), BatchNorm()]), times=2)])
    variables = graph.init(jax.random.key(0), X)
    _, state = graph.apply(variables, X, context=Context(jax.random.key(1), train=True))
    assert jax.tree.structure(state) == jax.tree.structure(variables.state)
    (mean,) = (leaf for path, leaf in jax.tree.leaves_with_path(state) if "mean" in str(path[-1]))
    assert mean.shape == (2, 2)
    assert not np.allclose(mean[0], mean[1])


def test_derivatives_by_reference_are_the_same():
    module = BatchNorm()
    variables = module.init(jax.random.key(0), X)

    def gradient(context):
        return jax.grad(lambda x: jnp.sum(module.apply(variables, x, context=context)[0][0] ** 3))(X)

    for train in (False, True):
        by_rules, by_reference = gradient(Context(train=train)), gradient(Context(train=train, derivatives="reference"))
        np.testing.assert_allclose(by_rules, by_reference, rtol=1e-4, atol=1e-5)
