"""How many mistakes the inputs would show."""

import jax.numpy as jnp

from ..rules import X, outcome, right_square, rule


def test_ordinary_inputs_show_every_change():
    caught, of, tried, _ = outcome("adequacy", right_square, X).figures["caught"].split()
    assert (caught, of) == (tried, "of")


def test_what_inputs_hide_is_said():
    clipped = rule(lambda x: jnp.minimum(x, 100), lambda x, dy: (jnp.where(x < 100, dy, -3 * dy),))
    report = outcome("adequacy", clipped, X)
    caught, _, tried, _ = report.figures["caught"].split()
    assert int(caught) < int(tried)
    assert "not seen" in report.reason
