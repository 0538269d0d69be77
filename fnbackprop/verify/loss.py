"""What single precision loses by itself, where terms cancel: other programs lose other amounts."""

from collections.abc import Callable
from typing import Any

from .case import Case
from .compare import Difference, difference
from .setting import Setting

# Two programs of a rule are apart by no more than so many times what one of them loses, and by no more than that share.
_TIMES, _MOST = 10, 0.1


def differ(
    case: Case, setting: Setting, got: Any, wanted: Any, noise: Callable[[int], float] = lambda number: 0.0
) -> Difference | None:
    """The `difference` of two programs' results that neither rounding nor cancellation in them explains."""
    found = difference(got, wanted, setting.rounding, noise)
    lost = min(_MOST, _TIMES * case.lost) if found else 0.0
    return difference(got, wanted, lost, noise) if lost > setting.rounding else found
