"""Half precision is computed in float32; nothing else changes."""

import jax
import jax.numpy as jnp
import pytest

from fnbackprop.core.precision import accumulation_dtype, widen

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("dtype", "wide"), [("float16", "float32"), ("bfloat16", "float32"), ("float32", "float32"), ("float64", "float64")]
)
def test_the_type_that_sums_are_in(dtype: str, wide: str) -> None:
    with jax.enable_x64(True):
        assert accumulation_dtype(jnp.dtype(dtype)) == wide
        assert widen(jnp.ones(2, dtype)).dtype == wide
