import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules.conv import conv

pytestmark = pytest.mark.quick


def test_a_correlation_worked_by_hand():
    x = jnp.array([1.0, 2, 3, 4]).reshape(1, 4, 1)
    weight = jnp.array([1.0, 10, 100]).reshape(1, 3, 1)
    y, pullback = jax.vjp(lambda x, w: conv(x, w, padding="valid"), x, weight)
    np.testing.assert_array_equal(y[0, :, 0], [321, 432])
    dx, dweight = pullback(jnp.array([1.0, 2]).reshape(1, 2, 1))
    np.testing.assert_array_equal(dx[0, :, 0], [1, 12, 120, 200])
    np.testing.assert_array_equal(dweight[0, :, 0], [5, 8, 11])


def test_what_a_stride_leaves_over_has_no_gradient():
    x, weight = jnp.ones((1, 6, 1)), jnp.ones((1, 2, 1))
    dx = jax.grad(lambda x: conv(x, weight, None, 3, "valid").sum())(x)
    np.testing.assert_array_equal(dx[0, :, 0], [1, 1, 0, 1, 1, 0])


def test_a_kernel_that_sees_only_padding_at_times():
    # A padding larger than the kernel's reach: the outputs at the edges are the bias.
    x, weight, bias = jnp.ones((1, 2, 1)), jnp.ones((1, 2, 1)), jnp.full(1, 5.0)
    y, pullback = jax.vjp(lambda x, w, b: conv(x, w, b, 1, ((3, 2),)), x, weight, bias)
    np.testing.assert_array_equal(y[0, :, 0], [5, 5, 6, 7, 6, 5])
    dx, dweight, dbias = pullback(jnp.ones_like(y))
    np.testing.assert_array_equal(dx[0, :, 0], [2, 2])
    np.testing.assert_array_equal(dweight[0, :, 0], [2, 2])
    assert dbias == 6


def test_depthwise_channels_do_not_see_each_other():
    x = jnp.stack([jnp.arange(3.0), jnp.array([0, jnp.nan, 0])], -1)[None]
    weight = jnp.array([1.0, 2]).reshape(2, 1, 1)
    y, pullback = jax.vjp(lambda x, w: conv(x, w, groups=2), x, weight)
    np.testing.assert_array_equal(y[0, :, 0], [0, 1, 2])
    np.testing.assert_array_equal(jnp.isnan(y[0, :, 1]), [False, True, False])
    assert pullback(jnp.ones_like(y))[1][0] == 3


@pytest.mark.parametrize("stride", [1, 3])
def test_a_kernel_of_many_places(stride):
    # Whether the products are unrolled or a loop: as for a kernel of two parts, whose outputs add up.
    rng = np.random.default_rng(0)
    x, weight = (jnp.asarray(rng.normal(size=size), "float32") for size in ((2, 160, 4), (6, 80, 2)))

    def whole(weight):
        return conv(x, weight, None, stride, "valid", 1, 2)

    def parts(weight):
        first = conv(x[:, : 160 - 40], weight[:, :40], None, stride, "valid", 1, 2)
        return first + conv(x[:, 40:], weight[:, 40:], None, stride, "valid", 1, 2)

    (y, back), (same, parts_back) = jax.vjp(whole, weight), jax.vjp(parts, weight)
    np.testing.assert_allclose(y, same, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(back(y)[0], parts_back(y)[0], rtol=1e-4, atol=1e-3)


def test_an_empty_batch():
    y, pullback = jax.vjp(conv, jnp.zeros((0, 4, 4, 2)), jnp.ones((3, 2, 2, 2)), jnp.ones(3))
    assert y.shape == (0, 4, 4, 3)
    assert [float(jnp.abs(d).sum()) for d in pullback(y)] == [0, 0, 0]


def test_half_precision_adds_in_float32():
    n = 4096  # float16 stops counting at 2048
    x, weight, bias = jnp.ones((1, n, 1), "float16"), jnp.ones((1, n, 1), "float16"), jnp.zeros(1, "float16")
    assert conv(x, weight, bias, padding="valid")[0, 0, 0] == n
    _, pullback = jax.vjp(conv, x, jnp.ones((1, 1, 1), "float16"), bias)
    _, dweight, dbias = pullback(jnp.ones((1, n, 1), "float16"))
    assert dweight[0, 0, 0] == dbias[0] == n


@pytest.mark.parametrize(("weight", "groups"), [((4, 3, 3), 1), ((4, 3, 2), 4), ((3, 3, 1), 2), ((4, 3, 4), 0)])
def test_channels_and_groups_that_do_not_fit_are_refused(weight, groups):
    with pytest.raises(ShapeError, match=rf"4 channels, a weight of shape \(\d, 3, \d\) and {groups} groups"):
        conv(jnp.zeros((1, 5, 4)), jnp.zeros(weight), groups=groups)


def test_more_than_three_axes_of_space_are_refused():
    with pytest.raises(ShapeError, match="one, two or three axes of space"):
        conv(jnp.zeros((1, 2, 2, 2, 2, 1)), jnp.zeros((1, 1, 1, 1, 1, 1)))


@pytest.mark.parametrize(
    ("dtype", "groups", "examples", "tolerance"),
    [("float32", 1, 139, 1e-5), ("float32", 1, 140, 1e-5), ("float32", 2, 139, 1e-5), ("bfloat16", 1, 139, 4e-3)],
)
def test_a_large_batch_a_few_examples_at_a_time(dtype, groups, examples, tolerance):
    # Of 139, a prime, some are left over.
    rng = np.random.default_rng(0)
    sizes = (examples, 24, 20, 16), (32, 3, 3, 16 // groups), (examples, 24, 20, 32)
    x, weight, dy = (jnp.asarray(rng.normal(size=size), dtype) for size in sizes)
    program = jax.jit(lambda x, w, dy: jax.vjp(lambda w: conv(x, w, groups=groups), w)[1](dy)[0])
    assert "while" in program.lower(x, weight, dy).as_text() or jax.default_backend() != "cpu"
    found = np.asarray(program(x, weight, dy), float)
    padded = np.pad(np.asarray(x, float), [(0, 0), (1, 1), (1, 1), (0, 0)])
    blocks = np.asarray(dy, float).reshape(examples, 24, 20, groups, -1)
    for i, j in np.ndindex(3, 3):
        seen = padded[:, i : i + 24, j : j + 20].reshape(examples, 24, 20, groups, -1)
        wanted = np.einsum("nhwgo,nhwgi->goi", blocks, seen, optimize=True).reshape(32, -1)
        np.testing.assert_allclose(found[:, i, j], wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())


def test_a_long_kernel_is_a_loop_over_its_places():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 100, 4)), rng.normal(size=(2, 100, 8))
    weight = jnp.zeros((8, 80, 4))
    arrays = jnp.asarray(x, "float32"), jnp.asarray(dy, "float32")
    program = jax.jit(lambda x, dy: jax.vjp(lambda w: conv(x, w), weight)[1](dy)[0])
    assert "stablehlo.while" in program.lower(*arrays).as_text()
    padded, found = np.pad(x, [(0, 0), (39, 40), (0, 0)]), program(*arrays)
    wanted = np.stack([np.einsum("nto,nti->oi", dy, padded[:, k : k + 100]) for k in range(80)], 1)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("channels", "products"), [(1, 1), (3, 1), (4, 3), (20, 3)])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_a_row_of_the_kernel_takes_one_product_and_with_few_channels_the_whole_kernel(
    channels, products, stride, dilation
):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 9, 8, channels)), rng.normal(size=(2, -(-9 // stride), -(-8 // stride), 28))

    def gradient(x, dy):
        weight = jnp.zeros((28, 3, 3, channels))
        return jax.vjp(lambda w: conv(x, w, None, stride, ((dilation,) * 2,) * 2, dilation), weight)[1](dy)[0]

    arrays = jnp.asarray(x, "float32"), jnp.asarray(dy, "float32")
    assert jax.jit(gradient).lower(*arrays).as_text().count("stablehlo.dot_general") == products
    padded = np.pad(x, [(0, 0), (dilation,) * 2, (dilation,) * 2, (0, 0)])
    for i, j in np.ndindex(3, 3):
        seen = padded[:, i * dilation :, j * dilation :][:, ::stride, ::stride][:, : dy.shape[1], : dy.shape[2]]
        wanted = np.einsum("nhwo,nhwi->oi", dy, seen)
        np.testing.assert_allclose(gradient(*arrays)[:, i, j], wanted, rtol=1e-4, atol=1e-4)
