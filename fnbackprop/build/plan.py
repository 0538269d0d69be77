"""From a config file to all that can be known of it without its data."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..core.config import ExperimentConfig, GroupConfig, OptimizerConfig
from ..costs import Cost, per_example
from ..graph import Graph
from .config_file import apply_overrides, find_config, odd_values, read_toml
from .model import build_model
from .named import Named, read_named
from .options import validate
from .problems import Problems
from .registry import COST, OPTIMIZER, SCHEDULE, SOURCE


class Plan(NamedTuple):
    """A checked config and the live things that it names."""

    file: str
    config: ExperimentConfig
    model: Graph
    cost: Cost
    source: Named
    optimizer: Named
    schedule: Named | None  # None: the learning rate is one number
    groups: tuple[Named, ...] = ()  # the optimizer once more, for each group of parameters
    allow: tuple[str, ...] = ()  # packages whose code may be named


def read_plan(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> Plan:
    """The plan of a config file, or of a config that comes with the package, with `overrides` applied.

    Raises ConfigError with every mistake, one line each.
    """
    path = find_config(config)
    return build_plan(apply_overrides(read_toml(path), overrides), str(config), allow)


def build_plan(tables: dict[str, Any], file: str = "config", allow: Sequence[str] = ()) -> Plan:
    """The plan of a parsed config; `allow` lists packages whose code it may name. Raises ConfigError."""
    problems = Problems(file)
    for place, what in odd_values(tables):
        problems.add(place, what)
    problems.raise_any()
    try:
        config = validate(ExperimentConfig, tables)
    except ValidationError as error:
        problems.add_invalid(error, "", ExperimentConfig)
    # What the tables name is looked into even where something else is wrong, so that every mistake is seen at once.
    model = build_model(tables.get("model"), allow, problems)
    cost = read_named(COST, tables.get("cost"), "cost", problems, allow)
    source = read_named(SOURCE, tables.get("data", {}), "data", problems, allow)
    optimizer_table = tables.get("optimizer", {})
    optimizer = read_named(OPTIMIZER, optimizer_table, "optimizer", problems, allow)
    rate = optimizer_table.get("learning_rate") if isinstance(optimizer_table, dict) else None
    schedule = read_named(SCHEDULE, rate, "optimizer.learning_rate", problems, allow)
    groups = _groups(optimizer_table, optimizer, problems, allow)
    problems.raise_any()
    assert model
    assert cost
    assert source
    assert optimizer
    return Plan(
        file,
        config,
        model,
        _cost(cost),
        source,
        optimizer,
        schedule,
        groups,
        (allow,) if isinstance(allow, str) else tuple(allow),
    )


def _groups(table: Any, optimizer: Named | None, problems: Problems, allow: Sequence[str]) -> tuple[Named, ...]:
    """The optimizer with each group's own options, where nothing was wrong without them."""
    tables = table.get("groups", []) if optimizer else []
    if not isinstance(tables, list):
        return ()
    found = []
    for i, group in enumerate(tables):
        own = group if isinstance(group, dict) else {}
        options = {key: value for key, value in own.items() if key not in GroupConfig.model_fields}
        for key in options.keys() & OptimizerConfig.model_fields:
            what = "is the same for all parameters; rate_scale multiplies a group's learning rate"
            problems.add(f"optimizer.groups.{i}.{key}", what, options[key])
        place = f"optimizer.groups.{i}"
        found.append(read_named(OPTIMIZER, table | options, place, problems, allow, GroupConfig.model_fields))
    return tuple(each for each in found if each)


def _cost(named: Named) -> Cost:
    thing, options = named
    cost = thing
    if not isinstance(thing, Cost):
        rule = per_example(thing)
        cost = Cost(rule, rule, targets="any")
    after_linear = cost.after_linear and partial(cost.after_linear, **options)
    rule, reference = partial(cost.rule, **options), partial(cost.reference, **options)
    return replace(cost, rule=rule, reference=reference, after_linear=after_linear)
