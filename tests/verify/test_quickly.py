"""What is compiled as one function returns what it would otherwise, and what cannot be is compiled as ever."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.verify import quickly
from fnbackprop.verify.quickly import _one_function, quickly_compiled

X = jnp.linspace(-2, 3, 30).reshape(5, 6)


def recurrence(x):
    def step(state, row):
        state = jax.lax.cond(row[0] > 0, jnp.tanh, jnp.sin, state + row)
        return state, jnp.stack([state.sum(), state.max()])

    return jax.lax.scan(step, x[0], x)


TOGETHER = {
    "a loop with a choice in it": recurrence,
    "a matrix product": lambda x: {"product": x @ x.T, "sum": x.sum()},
    "a convolution": lambda x: jax.lax.conv(x[None, None], x[None, None, :3, :3], (1, 1), "SAME"),
    "random numbers": lambda x: x + jax.random.normal(jax.random.key(1), x.shape),
    "half precision": lambda x: jax.nn.softmax(x.astype("bfloat16")) @ x.astype("bfloat16").T,
    "an argument that comes to nothing": lambda x: jnp.isfinite(jnp.full(3, jnp.inf)).all() & jnp.isfinite(x).all(),
    "an empty sum": lambda x: x[:0].sum(),
}
APART = {
    "a sort": lambda x: jnp.sort(x, axis=0),
    "the largest": lambda x: jax.lax.top_k(x, 2)[0],
    "a scatter": lambda x: x.at[jnp.array([0, 0, 1])].add(1.0),
    "a Fourier transform": lambda x: jnp.abs(jnp.fft.fft(x)),
    "linear algebra": lambda x: jnp.linalg.inv(x @ x.T + jnp.eye(5)),
    "a callback": lambda x: jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x),
    "a large product": lambda x: jnp.ones((300, 300)) * x[0, 0] @ jnp.ones((300, 300)),
}


@pytest.mark.parametrize("function", (TOGETHER | APART).values(), ids=TOGETHER | APART)
def test_it_returns_what_the_function_does(function):
    def same(got, wanted):
        np.testing.assert_allclose(got, wanted, 3e-2 if got.dtype == "bfloat16" else 1e-5)

    jax.tree.map(same, quickly_compiled(function)(X), function(X))


@pytest.mark.parametrize("function", TOGETHER.values(), ids=TOGETHER)
def test_it_is_one_function(function):
    assert _one_function(jax.jit(function).trace(X), (X,))


@pytest.mark.parametrize("function", APART.values(), ids=APART)
def test_what_cannot_be_or_would_be_slow_is_not(function):
    assert not _one_function(jax.jit(function).trace(X), (X,))


def test_each_kind_of_arguments_has_a_program_of_its_own():
    double = quickly_compiled(lambda xs: xs[0] * 2)
    assert double((X,)).dtype == X.dtype
    assert double((jnp.arange(3),)).tolist() == [0, 2, 4]
    assert double((X[0],)).shape == (6,)


def test_nothing_at_all_and_no_arguments():
    assert quickly_compiled(lambda: X * 2)().shape == X.shape
    assert quickly_compiled(lambda x: x.sum())(X[:0]) == 0


def test_a_long_program_is_compiled_without_fusion(monkeypatch: pytest.MonkeyPatch):
    def rounds(x):
        for _ in range(20):
            x = x - (jnp.sin(x) - x / 3) / (jnp.cos(x) - 1 / 3)
        return x

    wanted = quickly_compiled(rounds)(X)
    fused, apart = (
        jax.jit(rounds, compiler_options=options).lower(X).compile().as_text() for options in ({}, quickly._UNFUSED)
    )
    assert apart.count(" fusion(") > 10 * fused.count(" fusion(")  # each operation is one of its own
    monkeypatch.setattr(quickly, "_LONG", 20)
    monkeypatch.setattr(quickly, "_one_function", None)  # which is not asked
    np.testing.assert_allclose(quickly_compiled(rounds)(X), wanted, rtol=1e-5)
