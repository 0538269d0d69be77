"""What the rest of the package must know of a cost, beside its rule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from jax import Array

from ..core.module import Meaning


@dataclass(frozen=True, eq=False)
class Cost:
    """A cost `rule(x, targets, weights=None, …, reduction="mean")`, what it refuses, and what is reported with it.

    `remedies` are for those meanings of a model's outputs (`Module.produces`) that the cost refuses. `metrics` are
    functions of (outputs, targets) that give one number per example. `after_linear` is a Linear and this cost in one,
    `rule(x, weight, bias, targets, weights=None, …)`, which returns the cost and each metric.
    """

    rule: Callable[..., Array]
    reference: Callable[..., Array]
    targets: Literal["classes", "binary", "values", "any"]
    metrics: Mapping[str, Callable[..., Array]] = field(default_factory=dict)
    remedies: Mapping[Meaning, str] = field(default_factory=dict)
    after_linear: Callable[..., tuple[Array, ...]] | None = None
