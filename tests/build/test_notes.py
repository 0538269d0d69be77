"""What is no mistake, and perhaps not meant, is noted."""

from collections.abc import Callable

import jax.numpy as jnp
import pytest

from fnbackprop.build import Plan, build_data, describe, notes

pytestmark = pytest.mark.quick


def test_outputs_beyond_the_classes_are_noted(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("model.0.features=5")
    enough = "3 are enough: the others only learn to be unlikely"
    data, said = build_data(plan.source, plan.config.data), f"model: it ends with 5 outputs for 3 classes; {enough}"
    assert notes(plan, data) == [said]
    assert describe(plan, data, {}, jnp.arange(8))["note"] == said


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["data.source=breast_cancer", "model.0.features=1", "cost.name=binary_cross_entropy"],
        ["data.source=diabetes", "model.0.features=1", "cost.name=squared_error"],
    ],
)
def test_where_all_is_usual_there_is_nothing_to_note(plan_of: Callable[..., Plan], overrides: list[str]) -> None:
    plan = plan_of(*overrides)
    assert notes(plan, build_data(plan.source, plan.config.data)) == []
