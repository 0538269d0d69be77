"""Counts of primitives against formulas by hand."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from fnbackprop.core.flops import flops

X = jax.ShapeDtypeStruct((8, 6, 4), np.float32)
IMAGE = jax.ShapeDtypeStruct((2, 3, 9, 9), np.float32)
KERNEL = jax.ShapeDtypeStruct((5, 3, 3, 3), np.float32)


def convolution(image: Any, kernel: Any, strides: tuple[int, int] = (1, 1), groups: int = 1) -> Any:
    return lax.conv_general_dilated(image, kernel, strides, "VALID", feature_group_count=groups)


def total(function: Callable, *specs: Any) -> int:
    return sum(flops(equation) for equation in jax.make_jaxpr(function)(*specs).eqns)


CASES = {
    "matrix product": (lax.batch_matmul, (X, jax.ShapeDtypeStruct((8, 4, 5), np.float32)), 1920),
    "convolution": (convolution, (IMAGE, KERNEL), 2 * (2 * 5 * 7 * 7) * (3 * 3 * 3)),
    "depthwise": (
        lambda a, b: convolution(a, b, groups=3),
        (IMAGE, jax.ShapeDtypeStruct((6, 1, 3, 3), np.float32)),
        2 * (2 * 6 * 7 * 7) * (3 * 3),
    ),
    "exp": (lax.exp, (X,), 192),
    "comparison": (lambda x: lax.lt(x, x), (X,), 192),
    "moved": (lambda x: x.transpose(2, 0, 1)[:2].reshape(-1), (X,), 0),
}


@pytest.mark.quick
@pytest.mark.parametrize("name", CASES)
def test_by_hand(name: str) -> None:
    function, specs, wanted = CASES[name]
    assert total(function, *specs) == wanted


@pytest.mark.quick
def test_reductions_and_scatters_by_hand() -> None:
    (reduction,) = jax.make_jaxpr(lambda x: lax.reduce_max(x, (1,)))(X).eqns
    assert flops(reduction) == 8 * 6 * 4 - 8 * 4
    scatter = jax.make_jaxpr(lambda x: x.at[jnp.array([1, 1, 2])].add(1.0))(X).eqns[-1]
    assert flops(scatter) == 3 * 6 * 4
    assert sum(flops(e) for e in jax.make_jaxpr(lambda x: lax.sort(x, dimension=0))(X).eqns) == 8 * 6 * 4 * 3


@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
def test_a_convolutions_derivative_costs_twice_the_convolution(strides: tuple[int, int]) -> None:
    forward = total(lambda a, b: convolution(a, b, strides), IMAGE, KERNEL)

    def backward(image: Any, kernel: Any, dy: Any) -> Any:
        return jax.linear_transpose(lambda a: convolution(a, kernel, strides), image)(dy)

    dy = jax.eval_shape(lambda a, b: convolution(a, b, strides), IMAGE, KERNEL)
    # The input's cotangent has 9 × 9 places, of which the taps at the border see padding.
    seen = (9 * 9) / (dy.shape[2] * dy.shape[3] * strides[0] * strides[1])
    assert total(backward, IMAGE, KERNEL, dy) == pytest.approx(seen * forward)
