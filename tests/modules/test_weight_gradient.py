import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules.weight_gradient import weight_gradient

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)])
@pytest.mark.parametrize(("inputs", "outputs"), [(3, 7), (7, 3), (4, 4)])
def test_the_outer_products_of_all_examples_are_summed(batch: tuple[int, ...], inputs: int, outputs: int) -> None:
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(*batch, inputs)), rng.normal(size=(*batch, outputs))
    wanted = sum(
        (np.outer(b, a) for a, b in zip(x.reshape(-1, inputs), dy.reshape(-1, outputs), strict=True)),
        np.zeros((outputs, inputs)),
    )
    arrays = (jnp.asarray(a, "float32") for a in (x, dy, np.zeros((outputs, inputs))))
    np.testing.assert_allclose(weight_gradient(*arrays), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 3), (3, 2)])
def test_half_precision_is_summed_in_float32(inputs: int, outputs: int) -> None:
    x, dy = (jnp.ones((1001, n), "bfloat16") for n in (inputs, outputs))
    dW = weight_gradient(x, dy, jnp.ones((outputs, inputs)))
    assert dW.dtype == "float32"
    np.testing.assert_array_equal(dW, 1001)  # which is no number of bfloat16
    assert weight_gradient(x, dy, jnp.ones((outputs, inputs), "bfloat16")).dtype == "bfloat16"


@pytest.mark.usefixtures("unchecked")
def test_weights_of_any_size_are_exported() -> None:
    rows, outputs, inputs = jax.export.symbolic_shape("n, o, i")
    specs = (jax.ShapeDtypeStruct(shape, "float32") for shape in ((rows, inputs), (rows, outputs), (outputs, inputs)))
    program = jax.export.export(jax.jit(weight_gradient))(*specs)
    np.testing.assert_array_equal(program.call(jnp.ones((5, 2)), jnp.ones((5, 3)), jnp.ones((3, 2))), 5)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="only there does the order matter")
@pytest.mark.parametrize(("inputs", "outputs"), [(2, 3), (3, 2)])
def test_the_narrower_factor_is_the_one_that_is_turned(inputs: int, outputs: int) -> None:
    x, dy, weight = (jnp.ones(shape) for shape in ((1000, inputs), (1000, outputs), (outputs, inputs)))
    program = jax.jit(weight_gradient).lower(x, dy, weight).compile().as_text()
    (product,) = [line for line in program.splitlines() if " dot(" in line or "__cpu$" in line or "dot-general" in line]
    assert f"f32[{min(inputs, outputs)},{max(inputs, outputs)}]" in product.split("=")[1]
