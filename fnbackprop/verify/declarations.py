"""What a rule's author says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any


@dataclass(frozen=True)
class Declarations:
    """What departs from the derivative on purpose, what is promised, and what may be tried."""

    surrogate: str | None = None  # why it is not the derivative on purpose
    declared: Mapping[str, str] = field(default_factory=dict)  # check → why it fails on purpose
    convention: str | Mapping[float, float] = "any"  # what is promised at kinks; "reference" what that does
    second_order: str = "differentiable"  # or "refused"
    options: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # the values to try for each
    domain: Callable[..., bool] | None = None  # whether arguments may be tried
    rtol: float = 1e-5

    def __post_init__(self) -> None:
        """Refuse what would be read as something else, or as nothing. Raises ValueError."""
        wanted = "'any', 'reference', or slopes by place as in {0.0: 1.0}"
        known = self.convention in ("any", "reference") or _is_slopes(self.convention)
        _require(known, "convention", self.convention, wanted)
        wanted = "'differentiable' or 'refused'"
        _require(self.second_order in ("differentiable", "refused"), "second_order", self.second_order, wanted)
        small = isinstance(self.rtol, int | float) and 0 < self.rtol < 1
        _require(small, "rtol", self.rtol, "a number between 0 and 1, as 1e-5")
        _require(self.domain is None or callable(self.domain), "domain", self.domain, "a function of the arguments")
        if self.surrogate is not None:
            _require_reason("surrogate", self.surrogate)
        _require(isinstance(self.declared, Mapping), "declared", self.declared, "reasons by check")
        for name, reason in self.declared.items():
            _require_reason(f"declared[{name!r}]", reason)
        _require(isinstance(self.options, Mapping), "options", self.options, "lists of values by option")
        for name, values in self.options.items():
            several = isinstance(values, Sequence) and not isinstance(values, str)
            _require(several, f"options[{name!r}]", values, "the values to try, as a list of them")


def _is_slopes(value: Any) -> bool:
    numbers = [n for pair in value.items() for n in pair] if isinstance(value, Mapping) else [None]
    return all(isinstance(n, Real) and not isinstance(n, bool) for n in numbers)


def _require_reason(name: str, reason: Any) -> None:
    said = isinstance(reason, str) and bool(reason.strip())
    _require(said, name, reason, "the reason in words, as 'straight-through'")


def _require(fine: bool, name: str, value: Any, wanted: str) -> None:
    if not fine:
        raise ValueError(f"{name} is {value!r}; it wants {wanted}")
