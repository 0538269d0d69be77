"""Extrapolated differences against derivatives from calculus, and error bars that hold."""

import numpy as np
import pytest

from fnbackprop.verify.differences import STEPS, slopes

EPSILON = np.finfo(float).eps


def along_a_line(f, x, scale=1.0):
    ahead, behind = (np.array([f(x + sign * h * scale) for h in STEPS]) for sign in (1, -1))
    return slopes(np.asarray(f(x)), ahead, behind, EPSILON * np.abs(ahead))


@pytest.mark.parametrize(
    ("f", "derivative", "x"),
    [
        (np.sin, np.cos, 0.7),
        (np.exp, np.exp, 2.0),
        (lambda x: x**3, lambda x: 3 * x**2, -1.5),
        (np.log, lambda x: 1 / x, 3.0),
    ],
)
def test_the_derivative_lies_within_the_error_bar(f, derivative, x):
    for slope in along_a_line(f, x):
        assert abs(slope.value - derivative(x)) <= 10 * slope.error
    assert along_a_line(f, x).central.error < 1e-9 * abs(derivative(x))


def test_steps_from_a_round_number_do_not_lead_to_others():
    found = along_a_line(np.sinc, 400.0, scale=400.0).central  # 0 at every whole number
    assert abs(found.value / 400 - 1 / 400) < 1e-9


def test_the_two_sides_of_a_kink_are_told_apart():
    found = along_a_line(abs, 0.0)
    assert (found.ahead.value, found.behind.value) == (1, -1)


def test_beyond_the_edge_of_the_domain_nothing_is_known():
    with np.errstate(all="ignore"):
        found = along_a_line(np.sqrt, 0.0)
    assert np.isinf(found.behind.error)


def test_noise_widens_the_error_bar():
    rng = np.random.default_rng(0)
    noisy = along_a_line(lambda x: np.sin(x) + 1e-6 * rng.normal(), 0.7).central
    assert noisy.error > 1e-7
    assert abs(noisy.value - np.cos(0.7)) <= 10 * noisy.error
