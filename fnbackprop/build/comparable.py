"""A config in the form in which two that mean the same are the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.config import GroupConfig, NodeConfig
from .data import Data
from .options import options_model
from .plan import Plan
from .prepare import config_tables
from .recipe import schedule_length, total_steps
from .registry import COST, MODULE, OPTIMIZER, SCHEDULE, SOURCE, Kind, resolve


def comparable_tables(plan: Plan, data: Data) -> dict[str, Any]:
    """`config_tables` with the length of a schedule, without the options that say what is so anyway."""
    tables = config_tables(plan, data)
    tables["model"] = _nodes(tables["model"], plan.allow)
    for key, kind in (("cost", COST), ("data", SOURCE), ("optimizer", OPTIMIZER)):
        tables[key] = _plain(kind, tables[key], plan.allow)
    if plan.schedule is not None:
        rate = tables["optimizer"]["learning_rate"] | schedule_length(plan, total_steps(plan, data))
        tables["optimizer"]["learning_rate"] = _plain(SCHEDULE, rate, plan.allow)
    groups, own = tables["optimizer"]["groups"], _defaults(GroupConfig)
    tables["optimizer"]["groups"] = [_without(group, own) for group in groups]
    return tables


def _nodes(value: Any, allow: Sequence[str]) -> Any:
    """Nodes, and those in their options."""
    if isinstance(value, list):
        return [_nodes(item, allow) for item in value]
    if not (isinstance(value, dict) and MODULE.key in value):
        return value
    inner = {key: _nodes(item, allow) for key, item in value.items()}
    return _without(_plain(MODULE, inner, allow), _defaults(NodeConfig))


def _plain(kind: Kind, table: Mapping[str, Any], allow: Sequence[str]) -> dict[str, Any]:
    options = _defaults(options_model(kind, resolve(kind, table[kind.key], allow)))
    return _without(table, {name: value for name, value in options.items() if name not in kind.table.model_fields})


def _defaults(model: Any) -> dict[str, Any]:
    found = {name: field.default for name, field in model.model_fields.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _without(table: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in defaults or value != defaults[key]}
