"""What may lose precision over a long axis."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.verify.program import Program

LONG, SHORT = 64, 3


@pytest.mark.parametrize(
    ("function", "adds"),
    [
        (lambda x: jnp.exp(x) * x.T.T[::-1], False),
        (lambda x: jnp.concatenate([x, jnp.where(x > 0, x, 0)]).reshape(SHORT * 2, LONG), False),
        (lambda x: jax.jit(jnp.tanh)(x) - x.mean(0), False),  # along the short axis
        (lambda x: x.T @ jnp.ones((SHORT, 2)), False),
        (lambda x: x.sum(1), True),
        (lambda x: x @ jnp.ones((LONG, 2)), True),
        (lambda x: x[:, 1:].sum(1), True),
        (lambda x: x[:, ::2].sum(1), True),
        (lambda x: x.reshape(SHORT, 2, LONG // 2).sum(2), True),
        (lambda x: x + jnp.ones(LONG) * x[0, 0], True),  # in the backward pass alone
        (lambda x: jnp.cumsum(x, 1), True),
        (lambda x: x[:, jnp.zeros(LONG, int)], True),  # the same row's gradients
        (lambda x: jax.lax.scan(lambda c, row: (c + row, c), x[:, 0], x.T)[1], True),
        (lambda x: x * jnp.arange(LONG), True),  # no sum, but the numbers grow
        (lambda x: x * np.linspace(0, 1, LONG, dtype=np.float32), True),
        (lambda x: jnp.fft.fft(x).real, True),
    ],
)
def test_what_is_summed_or_counted_along_a_long_axis(function, adds):
    program = Program(lambda x: (function(x),), (np.ones((SHORT, LONG), np.float32),), x64=False)
    assert program.adds_up(LONG) is adds


def test_what_cannot_be_differentiated_may_do_anything():
    program = Program(lambda x: (jax.lax.while_loop(lambda y: y.max() > 1, lambda y: y / 2, x),), (np.ones(4),), False)
    assert program.adds_up(4)
