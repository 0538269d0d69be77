"""What the rest of the package must know of a cost, beside its rule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from jax import Array

from ..core.module import Meaning


@dataclass(frozen=True, eq=False)
class Cost:
    """A cost `rule(x, targets, weights=None, …, reduction="mean")`, what it can take, and what is reported beside it.

    `accepts` and `remedies` part the meanings of a model's outputs (`Module.produces`): what the cost takes, and what
    to do about the others. `metrics` are functions of (outputs, targets) that give one number per example.
    """

    rule: Callable[..., Array]
    reference: Callable[..., Array]
    accepts: frozenset[Meaning]
    targets: Literal["classes", "binary", "values", "any"]
    metrics: Mapping[str, Callable[..., Array]] = field(default_factory=dict)
    remedies: Mapping[Meaning, str] = field(default_factory=dict)
