"""What can be known of an experiment without training it."""

from collections.abc import Sequence
from pathlib import Path

from . import build
from .graph import Picture, Summary, draw, summarize


def check(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> list[str]:
    """Notes of what is no mistake, and perhaps not meant.

    Raises ConfigError or DataError with everything that can be known to be wrong without training.
    """
    return build.notes(*build.prepare(config, overrides, allow))


def summary(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> Summary:
    """The model's nodes, shapes, parameters and costs, for a batch as large as the config's."""
    plan, example = build.outline(config, overrides, allow)
    made = summarize(plan.model, build.batch_specs(example, plan.config.data.batch_size)[0])
    return made._replace(fused=build.find_fused(plan))


def picture(
    config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = (), batch_size: int = 1
) -> Picture:
    """The model's graph and gradient graph under its cost, for `batch_size` examples."""
    plan, example = build.outline(config, overrides, allow)
    inputs, targets = build.batch_specs(example, batch_size)
    return draw(plan.model, inputs, cost=plan.config.cost.name, targets=targets, title=build.config_name(config))
