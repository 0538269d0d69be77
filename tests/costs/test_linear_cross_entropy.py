"""Linear and cross-entropy in one: what the two give apart, in chunks that do not fit, and never all logits."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import ShapeError
from fnbackprop.costs import accuracy, cross_entropy, linear_cross_entropy
from fnbackprop.modules.linear import linear


def arguments(examples: int, classes: int, dtype: str = "float32") -> tuple[Any, ...]:
    rng = np.random.default_rng(examples + classes)
    x, W, b = (rng.normal(size=shape) for shape in ((examples, 6), (classes, 6), (classes,)))
    targets = jnp.asarray(rng.integers(classes, size=examples), "int32").at[0].set(int((x[0] @ W.T + b).argmax()))
    return *(jnp.asarray(a, dtype) for a in (x, W, b)), targets, jnp.asarray(rng.uniform(0, 2, examples), "float32")


def apart(x: Any, W: Any, b: Any, targets: Any, *rest: Any) -> Any:
    logits = linear(x, W, b)
    return cross_entropy(logits, targets, *rest), accuracy(logits, targets)


def both(*args: Any) -> Any:
    places = tuple(i for i in (0, 1, 2, 4) if i < len(args) and args[i] is not None)
    return [jax.jit(jax.value_and_grad(f, places, has_aux=True))(*args) for f in (linear_cross_entropy, apart)]


def assert_alike(actual: Any, wanted: Any, tolerance: float) -> None:
    for a, w in zip(jax.tree.leaves(actual), jax.tree.leaves(wanted), strict=True):
        a, w = np.asarray(a, float), np.asarray(w, float)
        np.testing.assert_allclose(a, w, rtol=tolerance, atol=tolerance * np.abs(w).max())


# 1283 classes and 300 examples are cut into blocks that overlap, 1500 into two that do not.
@pytest.mark.parametrize(("examples", "classes"), [(300, 1283), (129, 1500), (7, 3), (1, 1)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_equals_the_two_apart(examples: int, classes: int, smoothing: float) -> None:
    args = arguments(examples, classes)
    assert_alike(*both(*args, smoothing), 2e-5)
    assert_alike(*(f(*args, smoothing) for f in (linear_cross_entropy, apart)), 2e-5)


def test_without_bias_and_weights() -> None:
    x, W, _, targets, _ = arguments(200, 1300)
    assert_alike(*both(x, W, None, targets), 2e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_no_further_from_the_truth(dtype: str) -> None:
    args = arguments(300, 1283, dtype)
    (fused, _), (plain, _) = both(*args)
    (_, slopes), (_, of_plain) = both(*args)
    _, ((truth, _), wanted) = both(*(a.astype("float32") for a in args[:3]), *args[3:])
    assert abs(fused[0] - truth) <= abs(plain[0] - truth) + 1e-5 * truth
    for one, other, exact in zip(slopes, of_plain, wanted, strict=True):
        one, other, exact = (np.asarray(a, float) for a in (one, other, exact))
        assert np.linalg.norm(one - exact) <= 1.2 * np.linalg.norm(other - exact) + 1e-6 * np.linalg.norm(exact)


def test_logits_of_minus_infinity_and_examples_of_no_weight() -> None:
    x, W, b, targets, weights = arguments(150, 20)
    b = b.at[3].set(-jnp.inf)
    weights = jnp.where(targets == 3, 0, weights)
    assert_alike(*both(x, W, b, targets, weights), 2e-5)


def test_the_first_of_equal_logits_counts() -> None:
    targets = jnp.array([0, 1])
    _, right = linear_cross_entropy(jnp.zeros((2, 3)), jnp.zeros((4, 3)), jnp.zeros(4), targets)
    ((_, trained), _), _ = both(jnp.zeros((2, 3)), jnp.zeros((4, 3)), jnp.zeros(4), targets)
    assert right.tolist() == trained.tolist() == [1, 0]


def test_a_number_that_is_no_class_costs_nan() -> None:
    x, W, b, targets, _ = arguments(9, 5)
    ((cost, right), slopes), _ = both(x, W, b, targets.at[4].set(5))
    assert jnp.isnan(cost)
    assert right[4] == 0
    assert all(jnp.isnan(slope).any() for slope in slopes)


def test_never_holds_all_logits() -> None:
    shapes = (1024, 256), (32000, 256), (32000,)
    args = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    targets = jax.ShapeDtypeStruct((1024,), jnp.int32)
    gradient = jax.value_and_grad(linear_cross_entropy, (0, 1, 2), has_aux=True)
    program = jax.jit(gradient).lower(*args, targets).compile()
    memory = program.memory_analysis()
    assert memory
    assert "[1024,32000]" not in program.as_text()
    assert memory.temp_size_in_bytes <= 0.15 * 4 * 1024 * 32000


def test_refuses_what_it_cannot_do(unchecked_shapes: None) -> None:
    x, W, b, targets, _ = arguments(4, 5)
    with pytest.raises(ValueError, match=r'reduction "none".*take cross_entropy of linear'):
        linear_cross_entropy(x, W, b, targets, None, 0.0, "none")
    for wrong in (jnp.ones((4, 5)), targets[:3]):
        with pytest.raises(ShapeError, match=r"wants .* numbers of classes of shape"):
            linear_cross_entropy(x, W, b, wrong)
