"""Which of two claims about one directional derivative the values of the function bear out."""

from collections.abc import Callable
from enum import Enum, auto

import numpy as np

from .evidence import Bracket


class Decision(Enum):
    """What is to be said of a rule's claim."""

    VALID = auto()
    CHOICE = auto()  # one of several that are valid at a kink
    WRONG = auto()
    UNDECIDED = auto()


def decide(
    got: float,
    wanted: float,
    valid: Bracket,
    margin: float,
    around: Callable[[], np.ndarray],
    choose: bool,
    ordinary: bool,
) -> Decision:
    """`got` against `wanted` (NaN where there is none) in the light of what is `valid`; `margin` is rounding.

    `around` has the derivatives at points nearby. Without `choose` only `wanted` will do at a kink.
    """
    if not np.isfinite(got):
        # At a kink, where the reference is not finite either, NaN is as good an answer as any.
        return Decision.WRONG if np.isfinite(wanted) or (valid.smooth and ordinary) else Decision.UNDECIDED
    if np.isnan(valid.low):
        return Decision.UNDECIDED
    inside = valid.low - margin <= got <= valid.high + margin
    if valid.smooth:
        return Decision.VALID if inside else Decision.WRONG
    if not choose and np.isfinite(wanted):
        return Decision.WRONG
    if not inside:
        near = around()
        near = near[np.isfinite(near)]
        slack = max(margin, 1e-3 * np.abs(near).max(initial=0))
        inside = near.min(initial=np.inf) - slack <= got <= near.max(initial=-np.inf) + slack
    return Decision.CHOICE if inside else Decision.WRONG
