"""The numbers of a plan that a program may be given as arguments, and a plan with others in their place."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from .. import build

_PENALTIES, _CLIPS = ("l1", "l2"), ("clip_norm", "clip_value")


def numbers_of(plan: build.Plan) -> dict[str, float]:
    """Every floating number of the optimizer, its schedule and groups, the penalties, the cost and the average."""
    config = plan.config
    found: dict[str, Any] = {}
    found |= {f"penalties.{name}": getattr(config.penalties, name) for name in _PENALTIES}
    found |= {f"optimizer.{name}": getattr(config.optimizer, name) for name in ("learning_rate", *_CLIPS)}
    found |= {"training.average": config.training.average}
    tables = {"options": plan.optimizer.options, "cost": plan.cost.rule.keywords}  # type: ignore[attr-defined]
    tables |= {} if plan.schedule is None else {"schedule": plan.schedule.options}
    tables |= {f"group {i}": group.options for i, group in enumerate(plan.groups)}
    found |= {f"{table}.{name}": value for table, options in tables.items() for name, value in options.items()}
    return {name: value for name, value in found.items() if isinstance(value, float)}


def with_numbers(plan: build.Plan, numbers: Mapping[str, Any]) -> build.Plan:
    """The plan with these in place of its own, unchecked: they may be traced."""

    def of(table: str) -> dict[str, Any]:
        parts = (name.rpartition(".") for name in numbers)
        return {name: numbers[f"{table}.{name}"] for own, _, name in parts if own == table}

    config = plan.config
    tables = {
        name: getattr(config, name).model_copy(update=of(name)) for name in ("penalties", "optimizer", "training")
    }
    cost, own = plan.cost, of("cost")
    if own:
        cost = replace(cost, rule=partial(cost.rule, **own), reference=partial(cost.reference, **own))
    schedule = plan.schedule
    return plan._replace(
        config=config.model_copy(update=tables),
        cost=cost,
        optimizer=plan.optimizer._replace(options=plan.optimizer.options | of("options")),
        schedule=schedule and schedule._replace(options=schedule.options | of("schedule")),
        groups=tuple(each._replace(options=each.options | of(f"group {i}")) for i, each in enumerate(plan.groups)),
    )
