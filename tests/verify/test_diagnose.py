"""What is said of a wrong cotangent is true of more points than one."""

import numpy as np
import pytest

from fnbackprop.verify.diagnose import diagnose
from fnbackprop.verify.setting import Pulled

pytestmark = pytest.mark.quick


def of_the_identity(rows: int, factor: float) -> str:
    dy = np.random.default_rng(0).normal(size=(rows, 4))
    return diagnose(0, 0, Pulled((dy,), (dy,), (factor * dy,), (dy,)), (dy,))


def test_few_points_say_plainly_what_is_wrong_and_many_what_may_be_meant() -> None:
    assert of_the_identity(3, -1) == "sign"
    assert of_the_identity(3, 2) == "exactly 2×"
    assert of_the_identity(9, -1).startswith("sign: minus dy, a reversed gradient; if it is meant, declare surrogate=")


def test_one_number_is_any_multiple_of_another() -> None:
    dy = np.array([[0, 1.0, 0]])
    assert diagnose(0, 0, Pulled((dy,), (dy,), (0.37 * dy,), (dy,)), (dy,)) == ""
