"""What is said of a wrong cotangent is true of more points than one."""

import numpy as np
import pytest

from fnbackprop.verify.diagnose import diagnose
from fnbackprop.verify.diagnosis import Diagnosis
from fnbackprop.verify.pulled import Pulled

pytestmark = pytest.mark.quick


def of_the_identity(rows: int, factor: float) -> Diagnosis | None:
    dy = np.random.default_rng(0).normal(size=(rows, 4))
    return diagnose(0, 0, Pulled((dy,), (dy,), (factor * dy,), (dy,)), (dy,))


def test_few_points_say_plainly_what_is_wrong_and_many_what_may_be_meant() -> None:
    assert str(of_the_identity(3, -1)) == "sign"
    assert str(of_the_identity(3, 2)) == "wrong factor: exactly 2×"
    assert str(of_the_identity(9, -1)).startswith(
        "sign: minus dy, a reversed gradient; if it is meant, declare surrogate="
    )


def test_at_all_points_the_factor_is_the_same_to_rounding() -> None:
    # Four digits of these round apart.
    dy = np.random.default_rng(0).normal(size=(9, 4))
    got = dy * np.linspace(1.23449, 1.23451, 9)[:, None]
    assert diagnose(0, 0, Pulled((dy,), (dy,), (got,), (dy,)), (dy,)).factor == pytest.approx(1.2345, rel=1e-4)
    assert diagnose(0, 0, Pulled((dy,), (dy,), (dy * np.linspace(1, 2, 9)[:, None],), (dy,)), (dy,)) is None


def test_one_number_is_any_multiple_of_another() -> None:
    dy = np.array([[0, 1.0, 0]])
    assert diagnose(0, 0, Pulled((dy,), (dy,), (0.37 * dy,), (dy,)), (dy,)) is None


def test_a_factor_of_nearly_one_explains_nothing() -> None:
    near, far = of_the_identity(3, 1.0003), of_the_identity(3, 1.01)
    assert near is None or near.kind != "wrong factor"
    assert far.kind == "wrong factor"


def test_of_plain_numbers_it_does_not_say_that_a_multiple_of_dy_is_missing() -> None:
    xs = np.linspace(1.0, 2.0, 9)
    for shape in ((9,), (9, 1)):
        dy, wanted = np.ones(shape), np.cos(xs).reshape(shape)
        found = diagnose(0, 0, Pulled((wanted,), (dy,), (wanted + xs.reshape(shape) ** 2,), (wanted,)), (dy,))
        assert found is None
