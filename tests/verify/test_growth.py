"""Lengths with which a program grows beyond all measure are not tried."""

import jax
import jax.numpy as jnp

from fnbackprop.verify import verify_vjp
from fnbackprop.verify.growth import _SHORT
from fnbackprop.verify.prepare import prepare

from .rules import X, rule


def test_a_length_over_which_a_loop_is_written_out_stays_short():
    def smoothed(x, taps):
        return sum(taps[k] * jnp.roll(x, k) for k in range(len(taps)))

    def backward(x, taps, dy):
        dx = sum(taps[k] * jnp.roll(dy, -k) for k in range(len(taps)))
        return dx, jnp.stack([jnp.sum(dy * jnp.roll(x, k)) for k in range(len(taps))])

    dimensions = prepare(rule(smoothed, backward), (X[0], X[:2, 0])).dimensions
    of_x, of_taps = (next(g for g in dimensions.groups if (i, 0) in g) for i in (0, 1))
    assert dimensions.resized({of_x: 2048})
    assert dimensions.resized({of_taps: 20})
    assert not dimensions.resized({of_taps: 2048})


def test_a_length_over_which_only_the_backward_pass_is_written_out_stays_short():
    def composited(alpha):
        return jnp.sum(alpha * jnp.cumprod(1 - alpha))

    def backward(alpha, dy):  # as long as the square of the samples
        slopes = [sum((alpha[j] * alpha[i] for j in range(len(alpha))), alpha[i]) for i in range(len(alpha))]
        return (dy * jnp.stack(slopes),)

    dimensions = prepare(rule(composited, backward), (X[0],)).dimensions
    (samples,) = dimensions.groups
    assert dimensions.resized({samples: 20})
    assert not dimensions.resized({samples: 129})
    assert dimensions.growth.wrote_out


def test_a_function_that_is_written_out_is_not_traced_over_long_arguments():
    longest = []

    def lattice(x):
        longest.append(max(x.shape))
        cells = {}
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                cells[i, j] = x[i, j] * sum(cells.get(at, 0) for at in ((i - 1, j), (i, j - 1))) + 1
        return cells[x.shape[0] - 1, x.shape[1] - 1]

    assert verify_vjp(lattice, X[:3], only=["sizes", "cost", "precision"]).verdict == "PASS"
    assert max(longest) <= _SHORT


def test_an_example_that_makes_a_large_array_is_tried_at_its_own_lengths():
    def gram(x):
        return jnp.sum(jnp.outer(x, x) ** 2)

    dimensions = prepare(rule(gram, lambda x, dy: (dy * 4 * x * jnp.sum(x**2),)), (jnp.ones(2100),)).dimensions
    assert dimensions.resized({}) is not None
    assert dimensions.resized({dimensions.groups[0]: 4000}) is None
    assert dimensions.growth.outgrew


def test_lengths_over_which_it_would_run_for_minutes_are_not_tried():
    def iterated(a):  # as long as the square of its features, as many rounds as those
        return jax.lax.fori_loop(0, 3 * a.shape[1], lambda _, x: x + (a.T @ a) @ x, a[0])

    dimensions = prepare(iterated, (X,)).dimensions
    features = next(group for group in dimensions.groups if (0, 1) in group)
    assert dimensions.resized({features: 129}) is not None
    assert dimensions.resized({features: 2048}) is None
    assert dimensions.growth.outgrew
