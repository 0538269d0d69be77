"""One way to call a rule, and its traces."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.verify.case import cast
from fnbackprop.verify.prepare import prepare

pytestmark = pytest.mark.quick

X = np.arange(1.0, 4.0, dtype=np.float32)


@jax.custom_vjp
def halve(x):
    return x / 2


halve.defvjp(lambda x: (x / 2, None), lambda _, dy: (dy / 2,))


def test_a_reference_is_traced_once_for_each_shape_and_type() -> None:
    seen = []

    def reference(x):
        seen.append((x.shape, x.dtype.name))
        return x / 2

    setting = prepare(halve, (X,), reference, "fast", 0, "").given
    seen.clear()
    again = setting.at(setting.xs)
    for x in (X, 2 * X):
        np.testing.assert_array_equal(again.reference(jnp.asarray(x))[0], x / 2)
    assert seen == [((3,), "float32")]
    seen.clear()
    again.reference(jnp.ones(5))
    cast(again, np.dtype(np.float16)).reference(jnp.ones(3, jnp.float16))
    jax.vmap(again.reference)(jnp.ones((2, 3)))
    assert [each for each in seen if each != ((3,), "float32")] == [((5,), "float32"), ((3,), "float16")]


def test_the_primal_has_no_rule() -> None:
    setting = prepare(halve, (X,), None, "fast", 0, "").given
    assert "custom_vjp" in str(jax.make_jaxpr(setting.rule)(X))
    assert "custom_vjp" not in str(jax.make_jaxpr(setting.primal)(X))


def test_arrays_for_which_the_python_that_it_calls_raises_are_not_tried(capfd: pytest.CaptureFixture[str]) -> None:
    def root(x):
        if (x < 0).any():
            raise ValueError("negative")
        return np.sqrt(x)

    @jax.custom_vjp
    def rule(x):
        return jax.pure_callback(root, jax.typeof(x), x, vmap_method="expand_dims")

    rule.defvjp(lambda x: (rule(x),) * 2, lambda y, dy: (dy / (2 * y),))
    setting = prepare(rule, (X,), None, "fast", 0, "").given
    assert setting.accepted
    assert setting.allows((2 * X,))
    assert not setting.allows((-X,))
    assert not setting.at((-X,)).accepted
    assert not capfd.readouterr().err
