"""The checks: each a function from a prepared case to an outcome, in the order in which they are reported."""

from collections.abc import Callable
from typing import NamedTuple

from ..case import Case, Level
from ..verdict import Outcome
from .activity import activity
from .adequacy import adequacy
from .complex_numbers import complex_numbers
from .cost import cost
from .devices import devices
from .differences import differences
from .integers import integers
from .invoked import invoked
from .kinks import kinks
from .linearity import linearity
from .modes import modes
from .options import options
from .precision import precision
from .purity import purity
from .randomness import randomness
from .reference import reference
from .second_order import second_order
from .sizes import sizes
from .special import special
from .structure import structure
from .surrogate import surrogate
from .taylor import taylor
from .transforms import transforms
from .value import value
from .vmap import vmap


class Check(NamedTuple):
    """A check, the level from which it runs, and whether a declared surrogate may fail it."""

    run: Callable[[Case], Outcome]
    level: Level = "fast"
    of_derivative: bool = False

    @property
    def name(self) -> str:
        """As reports, tests and declarations call it."""
        return self.run.__name__


CHECKS = (
    Check(invoked),
    Check(structure),
    Check(value),
    Check(reference, of_derivative=True),
    Check(surrogate),
    Check(differences, of_derivative=True),
    Check(taylor, of_derivative=True),
    Check(linearity, of_derivative=True),
    Check(kinks, of_derivative=True),
    Check(special, of_derivative=True),
    Check(sizes, of_derivative=True),
    Check(options, of_derivative=True),
    Check(integers, of_derivative=True),
    Check(precision, of_derivative=True),
    Check(purity),
    Check(activity),
    Check(transforms),
    Check(vmap),
    Check(second_order, of_derivative=True),
    Check(complex_numbers, of_derivative=True),
    Check(randomness, of_derivative=True),
    Check(cost),
    Check(modes, "full"),
    Check(devices, "full"),
    Check(adequacy),
)


def checks_of(level: Level) -> list[Check]:
    """Those that run at this level."""
    return [check for check in CHECKS if level == "full" or check.level == "fast"]
