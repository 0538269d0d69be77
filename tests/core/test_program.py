"""A traced function as a flat program."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import relu
from fnbackprop.core.program import Program, read_program

pytestmark = pytest.mark.quick

X = jax.ShapeDtypeStruct((10,), np.float32)


def program(function: Callable, *specs: Any) -> Program:
    return read_program(jax.make_jaxpr(function)(*specs))


def total(function: Callable, *specs: Any) -> int:
    read = program(function, *specs)
    return read.needed(read.outputs)[0]


def test_what_is_computed_twice_counts_once() -> None:
    assert total(lambda x: jnp.exp(x) + jax.jit(jnp.exp)(x), X) == 20
    assert total(lambda x: jnp.exp(x) + jnp.exp(2 * x), X) == 40


def test_what_no_output_needs_does_not_count() -> None:
    read = program(lambda x, y: (jnp.exp(x), jax.jit(lambda a, b: (jnp.sin(a), b * b))(x, y)[1]), X, X)
    assert read.needed(read.outputs) == (20, set(read.inputs))
    assert read.needed(read.outputs[:1]) == (10, {read.inputs[0]})


def test_an_input_handed_on_or_reshaped_is_the_same_value() -> None:
    read = program(lambda x, y: (x, x.reshape(2, 5), jax.jit(lambda a, b: b)(x, y), relu(x)), X, X)
    x, y = read.inputs
    assert read.outputs[:3] == (x, x, y)
    assert read.outputs[3] not in read.inputs


def test_traffic_is_each_array_once() -> None:
    read = program(lambda x, y: (x, x * x + jnp.sin(x), x > 0), X, X)
    # x is read once, two arrays are written; x handed on moves nothing, and y is never touched.
    assert read.traffic(read.outputs) == 40 + 40 + 10


def test_loops_count_their_trips_and_a_choice_its_dearest_branch() -> None:
    def loop(x: Any) -> Any:
        return jax.lax.scan(lambda carry, _: (jnp.sin(carry) + 1, ()), x, length=7)[0]

    def choice(x: Any) -> Any:
        return jax.lax.cond(x[0] > 0, lambda x: x, lambda x: jnp.sin(x) * x, x)

    assert total(loop, X) == 7 * 20
    assert total(jax.checkpoint(loop), X) == 7 * 20
    # And one comparison; what picks the branch as a number is a conversion.
    assert total(choice, X) == 20 + 1
