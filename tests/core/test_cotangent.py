"""A cotangent ends with its primal's shape and dtype: summed where that was stretched, rounded once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.cotangent import like, match_cotangent

pytestmark = pytest.mark.quick

DX = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((2, 3, 4), ()),
        ((3, 4), (0,)),
        ((4,), (0, 1)),
        ((), (0, 1, 2)),
        ((1, 3, 4), (0,)),
        ((2, 1, 4), (1,)),
        ((2, 1, 1), (1, 2)),
        ((1, 4), (0, 1)),
        ((1, 1, 1), (0, 1, 2)),
        ((1,), (0, 1, 2)),
    ],
)
def test_stretched_axes_are_summed(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    expected = DX.sum(axis=axes).reshape(shape)
    for primal in (jnp.ones(shape), like(jnp.ones(shape))):
        found = match_cotangent(jnp.asarray(DX), primal)
        assert found.shape == shape
        np.testing.assert_array_equal(found, expected)


def test_an_axis_of_one_that_was_not_stretched_stays() -> None:
    found = match_cotangent(jnp.ones((5, 1)), jnp.ones((5, 1)))
    assert found.shape == (5, 1)


def test_an_empty_sum_is_zero() -> None:
    np.testing.assert_array_equal(match_cotangent(jnp.ones((0, 3)), jnp.ones(3)), np.zeros(3))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_the_dtype_is_the_primals(dtype: str) -> None:
    assert match_cotangent(jnp.ones((2, 3)), jnp.ones(3, dtype)).dtype == dtype


def test_half_precision_is_summed_wide_and_rounded_once() -> None:
    # Term by term in float16, 2048 + 1 + 1 + … would stay 2048; 2048 + 63 · 1 = 2111 rounds to 2112.
    dx = jnp.ones(64, jnp.float16).at[0].set(2048)
    assert match_cotangent(dx, jnp.ones((), jnp.float16)) == 2112


def test_what_is_kept_of_a_primal_holds_no_array() -> None:
    assert not jax.tree.leaves(like(jnp.ones((2, 3), jnp.bfloat16)))
    assert like(jnp.ones((2, 3), jnp.bfloat16)) == like(jnp.zeros((2, 3), jnp.bfloat16))
    assert like(jnp.ones(2)) != like(jnp.ones(3))


def test_under_shard_map_the_cotangent_of_what_is_replicated_is_summed_over_devices() -> None:
    mesh = jax.make_mesh((1,), ("devices",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("devices")

    def rule(dx: jax.Array, replicated: jax.Array) -> jax.Array:
        matched = match_cotangent(dx, replicated)
        assert not jax.typeof(matched).manual_axis_type.varying
        back = match_cotangent(matched, dx[0])
        assert jax.typeof(back).manual_axis_type.varying == {"devices"}
        return back[None]

    mapped = jax.shard_map(rule, mesh=mesh, in_specs=(spec, jax.sharding.PartitionSpec()), out_specs=spec)
    assert mapped(jnp.array([[1.0, 2.0], [3.0, 4.0]]), jnp.ones(2)).tolist() == [[4.0, 6.0]]
