"""A config, made ready to be trained: read, its data loaded, and everything checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w

from ..core.errors import ConfigError
from ..data import ExampleSpec
from .check import check
from .check_model import check_model
from .data import Data, build_data, find_example
from .plan import Plan, read_plan
from .problems import Problems
from .recipe import total_steps


def outline(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> tuple[Plan, ExampleSpec]:
    """The plan of a config and what each of its examples is; no data are read where that is known without.

    Raises ConfigError where the model does not fit the examples, DataError where they must be read and cannot.
    """
    plan = read_plan(config, overrides, allow)
    example, problems = find_example(plan.source, plan.config.data), Problems(plan.file)
    check_model(plan, example, problems)
    problems.raise_any()
    return plan, example


def prepare(config: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> tuple[Plan, Data]:
    """The plan and the data of a config; raises ConfigError or DataError with all that is wrong before training."""
    plan = read_plan(config, overrides, allow)
    try:
        data = build_data(plan.source, plan.config.data)
    except ConfigError as error:  # a split that does not fit the data, which does not know of the file
        raise ConfigError([f"{plan.file}: {problem}" for problem in error.problems]) from None
    check(plan, data)
    return plan, data


def config_tables(plan: Plan, data: Data) -> dict[str, Any]:
    """The config with everything said but the length of a schedule that follows the run's; of a node, what was said."""
    tables = plan.config.model_dump(mode="json", exclude_none=True)
    tables["model"] = [node.model_dump(mode="json", exclude_unset=True) for node in plan.config.model]
    if plan.config.training.epochs is None:
        tables["training"]["steps"] = total_steps(plan, data)
    return tables


def config_text(plan: Plan, data: Data) -> str:
    """`config_tables` as TOML."""
    return tomli_w.dumps(config_tables(plan, data))
