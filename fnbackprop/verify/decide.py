"""Which of two claims about one directional derivative the values of the function bear out."""

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

import numpy as np

from .evidence import Bracket

# As large is what was divided by a matrix that is singular but for rounding.
_SINGULAR = 1e12


class Decision(Enum):
    """What is to be said of a rule's claim."""

    VALID = auto()
    CHOICE = auto()  # one of several that are valid at a kink
    WRONG = auto()
    UNDECIDED = auto()


class Claim(NamedTuple):
    """A rule's derivative along a direction, its reference's (NaN where there is none), and what is rounding."""

    got: float
    wanted: float
    margin: float
    still: bool  # the values do not move at all along the direction
    central: bool  # the central difference, with a narrow error bar, bears the rule's claim out

    @property
    def flat(self) -> bool:
        """Whether values and reference both say 0: no pole nearby and no kink can be the reason."""
        return bool(self.still and self.wanted == 0)


class Circumstances(NamedTuple):
    """What is known of the point and the cotangent."""

    ordinary: bool  # no entry is so large that arithmetic itself may fail
    tiny: bool  # an entry is so near 0 that differences cannot resolve it
    sound: Callable[[], bool]  # the function gets along there without overflow inside
    arrived: Callable[[], bool]  # what the function iterates is as near its end as at the example
    steep: Callable[[], bool]  # the derivative is infinite, which a cotangent of 0 makes NaN
    singular: Callable[[], bool]  # near it derivatives are beyond all measure
    knots: bool  # numbers agree that the example has in strict order
    beyond: bool  # the function, unlike at the example, leaves the range there; or the direction moves a NaN
    masked: bool  # an entry is −inf, whose exponential is 0, and all outputs are finite
    level: bool  # the entries are all of one size, so that none drowns the others
    around: Callable[[], np.ndarray]  # derivatives at points nearby: what lies between them is a valid choice
    alone: bool  # they surround all valid choices: of one number, by one rule; elsewhere any choice is let be
    choose: bool  # at a kink any valid derivative will do, else only the reference's
    vanishing: bool  # an entry was made as small as numbers are, where a rule may lose all digits
    ruled: bool  # there is a hand-written rule, which should do better than NaN here


def decide(claim: Claim, valid: Bracket, at: Circumstances) -> Decision:
    """The claim in the light of what the values say is valid."""
    got, wanted, margin, still, _ = claim
    borne_out = np.isnan(wanted) or _inside(wanted, valid, margin)
    if not np.isfinite(got):
        if np.isfinite(wanted):
            refuted = np.isfinite(valid.low) and not borne_out
            singular = abs(wanted) > _SINGULAR and (refuted or at.singular())
            sure = (at.ordinary or at.masked or at.sound()) and not (at.knots or at.beyond or singular) and at.arrived()
            return Decision.WRONG if sure else Decision.UNDECIDED
        # Where autodiff is not finite either, a rule may have to know better, if the function itself gets along there.
        known = bool(np.isfinite(valid.low)) and at.ordinary and at.ruled and not (at.tiny or at.beyond)
        sure = known and at.sound() and at.arrived() and not (at.steep() or at.singular())
        return Decision.WRONG if sure else Decision.UNDECIDED
    if still and got == 0 and (wanted == 0 or np.isnan(wanted)):
        return Decision.VALID
    if np.isnan(valid.low):
        return Decision.UNDECIDED
    if _inside(got, valid, margin) and (valid.smooth or at.choose):
        return Decision.VALID if valid.smooth else Decision.CHOICE
    if valid.smooth:
        agreed = abs(got - wanted) <= margin
        if agreed and claim.central:
            return Decision.VALID
        if (agreed or at.choose) and not claim.flat and _one_of_several(got, at.around(), margin):
            # As at a triple tie, whose middle entry is flat along each axis alone.
            return Decision.CHOICE
        # Where the values bear out neither, they are ill-conditioned; where there is no other claim, they decide.
        return Decision.WRONG if (borne_out or agreed) and _sure(claim, at) else Decision.UNDECIDED
    if abs(got - wanted) <= margin:
        return Decision.VALID
    if not at.choose and np.isfinite(wanted):
        return Decision.WRONG
    if not at.alone:
        return Decision.CHOICE if np.isfinite(wanted) else Decision.UNDECIDED
    if _surrounded(got, at.around(), margin):
        return Decision.CHOICE
    return Decision.WRONG if _sure(claim, at) else Decision.UNDECIDED


def _sure(claim: Claim, at: Circumstances) -> bool:
    """Whether the values can be relied on there; among tiny numbers only with a reference that says the same."""
    in_range = at.ordinary and not at.vanishing and not (at.tiny and np.isnan(claim.wanted))
    return (in_range or (at.level and at.sound())) and at.arrived() and (claim.flat or not at.singular())


def _one_of_several(got: float, near: np.ndarray, margin: float) -> bool:
    """Whether derivatives nearby differ, as they do at a kink alone, and surround the claim."""
    near = near[np.isfinite(near)]
    spread = near.max(initial=-np.inf) - near.min(initial=np.inf)
    return bool(spread > 1e-2 * np.abs(near).max(initial=0)) and _surrounded(got, near, margin)


def _surrounded(got: float, near: np.ndarray, margin: float) -> bool:
    near = near[np.isfinite(near)]
    slack = max(margin, 1e-3 * np.abs(near).max(initial=0))
    return bool(near.min(initial=np.inf) - slack <= got <= near.max(initial=-np.inf) + slack)


def _inside(value: float, valid: Bracket, margin: float) -> bool:
    return bool(valid.low - margin <= value <= valid.high + margin)
