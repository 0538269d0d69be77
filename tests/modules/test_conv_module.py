import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import Conv

pytestmark = pytest.mark.quick
KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("module", "shape", "weight", "y"),
    [
        (Conv(features=6), (2, 5, 4), (6, 3, 4), (2, 5, 6)),
        (Conv(features=6, kernel=(1, 2), padding="valid"), (2, 5, 5, 4), (6, 1, 2, 4), (2, 5, 4, 6)),
        (Conv(features=8, groups=4, stride=2), (2, 5, 6, 4), (8, 3, 3, 1), (2, 3, 3, 8)),
        (Conv(features=1, dilation=2, padding=((0, 0), (2, 2))), (2, 5, 5, 4), (1, 3, 3, 4), (2, 1, 5, 1)),
    ],
)
def test_shapes(module, shape, weight, y):
    variables = module.init(KEY, jnp.zeros(shape))
    assert {n: a.shape for n, a in variables.params.items()} == {"weight": weight, "bias": y[-1:]}
    assert jax.eval_shape(module.apply, variables, jnp.zeros(shape))[0][0].shape == y


def test_lists_of_sizes_do_as_well():
    assert Conv(features=1, kernel=[1, 2], padding=[[0, 0], [2, 2]]) == Conv(1, (1, 2), padding=((0, 0), (2, 2)))
    for kernel in ([1.0, 2.0], {1, 2}):
        with pytest.raises(ValueError, match="kernel"):
            Conv(features=1, kernel=kernel)


def test_weights_are_scaled_by_all_that_an_output_sees():
    weight = Conv(features=256, groups=2).init(KEY, jnp.zeros((1, 8, 8, 16))).params["weight"]
    # He et al.: 2 / fan-in, which is 9 places of 8 channels; the spread of 18,432 draws is about 1 %.
    np.testing.assert_allclose(jnp.var(weight), 2 / 72, rtol=0.05)


def test_without_bias():
    module = Conv(features=1, kernel=1, bias=False, initializer="zeros")
    variables = module.init(KEY, jnp.zeros((1, 2, 1)))
    assert list(variables.params) == ["weight"]
    assert not jnp.any(module.apply(variables, jnp.ones((1, 2, 1)))[0][0])


@pytest.mark.parametrize(("shape", "groups"), [((2, 5), 1), ((2, 5, 3), 4)])
def test_an_input_without_space_or_channels_is_refused(shape, groups):
    with pytest.raises(ShapeError, match=r"Conv got an array of shape .*Reshape it"):
        Conv(features=4, groups=groups).init(KEY, jnp.zeros(shape))


def test_a_kernel_for_other_axes_is_refused():
    with pytest.raises(ShapeError, match=r"kernel \(3, 3\) for 1 axes"):
        Conv(features=1, kernel=(3, 3)).init(KEY, jnp.zeros((1, 5, 1)))
