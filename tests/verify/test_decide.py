"""What is concluded of a claim when the values disagree with each other."""

import numpy as np
import pytest

from fnbackprop.verify.decide import Circumstances, Claim, Decision, decide
from fnbackprop.verify.evidence import Bracket

pytestmark = pytest.mark.quick


def circumstances(**changed) -> Circumstances:
    """An ordinary point of a rule, but for what is changed."""

    def yes() -> bool:
        return True

    def no() -> bool:
        return False

    usual = {
        **dict.fromkeys(("sound", "arrived"), yes),
        **dict.fromkeys(("steep", "singular"), no),
        **dict.fromkeys(("tiny", "knots", "beyond", "masked", "level", "alone", "vanishing"), False),
        **dict.fromkeys(("ordinary", "choose", "ruled"), True),
        "around": lambda: np.zeros(0),
    }
    return Circumstances(**{**usual, **changed})


def claim(got: float, wanted: float, still: bool = False, central: bool = False) -> Claim:
    return Claim(got, wanted, 1e-6, still, central)


def only(value: float) -> Bracket:
    """The values know of one derivative."""
    return Bracket(np.float64(value), np.float64(value), np.True_)


def test_what_the_reference_and_the_central_difference_say_is_right():
    # As of an iteration that ends elsewhere on both sides of a point.
    assert decide(claim(1.0, 1.0, central=True), only(2.0), circumstances()) == Decision.VALID
    assert decide(claim(1.0, 1.0), only(2.0), circumstances()) == Decision.WRONG
    assert decide(claim(1.0, 2.0, central=True), only(2.0), circumstances()) == Decision.WRONG


def test_beside_a_pole_what_stands_still_has_the_derivative_0():
    pole = {"singular": lambda: True, "around": lambda: np.array([-1e6, 1e6])}
    assert decide(claim(1.0, 0.0, still=True), only(0.0), circumstances(**pole)) == Decision.WRONG
    assert decide(claim(1.0, 0.0), only(0.0), circumstances(**pole)) == Decision.CHOICE
