"""A node's trouble is told once, at the thresholds that the config states."""

import pytest

from fnbackprop.core.config import HealthConfig
from fnbackprop.records import HealthWarnings

pytestmark = pytest.mark.quick

CONFIG = HealthConfig(dead=0.5, vanishing=0.01)


def nodes(first: float, second: float, dead: float = 0.0) -> dict:
    return {"a": {"gradient_norm": first}, "relu": {"dead": dead}, "b": {"gradient_norm": second}, "add": {}}


def test_health_is_not_worth_a_line() -> None:
    assert HealthWarnings(CONFIG).lines(0, nodes(0.01, 1.0, dead=0.49)) == []


def test_each_trouble_is_told_once_for_each_node() -> None:
    warnings = HealthWarnings(CONFIG)
    (line,) = warnings.lines(0, nodes(0.009, 1.0))
    assert line == "warning at step 0: vanished gradients, less than 0.01 of the norm at b: a"
    assert warnings.lines(1, nodes(0.009, 1.0)) == []
    (line,) = warnings.lines(2, nodes(0.009, 1.0, dead=0.5))
    assert line == "warning at step 2: dead, 50 % or more of their units idle for the whole batch: relu"
    (line,) = warnings.lines(3, nodes(1.0, 0.0, dead=1.0))
    assert line.endswith("at a: b")
    assert warnings.lines(4, nodes(0.0, 1.0, dead=1.0)) == []


def test_a_model_without_parameters_has_no_gradient_to_vanish() -> None:
    assert HealthWarnings(CONFIG).lines(0, {"relu": {"dead": 0.1}}) == []
    assert HealthWarnings(CONFIG).lines(0, {}) == []
