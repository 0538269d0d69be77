"""Configs that mean the same compare as the same, and no others."""

import tomllib

import pytest

from fnbackprop.build import build_data, build_plan, comparable_tables, config_digest, differences
from fnbackprop.build.config_file import apply_overrides

pytestmark = pytest.mark.quick

CONFIG = """
model = [{ module = "Linear", features = 4 }, { module = "Dropout" },
  { module = "Repeat", times = 2, block = [{ module = "Linear", features = 4 }] }, { module = "Linear", features = 3 }]
data = { source = "iris" }
cost = { name = "cross_entropy" }
[optimizer]
name = "adamw"
groups = [{ names = ["*.bias"], weight_decay = 0.0 }]
learning_rate = { schedule = "cosine_decay_schedule", init_value = 0.1 }
"""


def compared(*overrides: str) -> tuple[list[str], bool]:
    """The lines in which the config differs from itself with overrides, and whether the digests are the same."""
    tables = tomllib.loads(CONFIG)
    plans = [build_plan(tables), build_plan(apply_overrides(tables, overrides))]
    data = build_data(plans[0].source, plans[0].config.data)
    before, now = (comparable_tables(plan, data) for plan in plans)
    return differences(before, now)[0], config_digest(before) == config_digest(now)


@pytest.mark.parametrize(
    "override",
    [
        "model.1.rate=0.5",
        "model.1.inputs=[]",
        "model.2.block.0.bias=true",
        "optimizer.b1=0.9",
        "optimizer.learning_rate.alpha=0.0",
        "optimizer.groups.0.rate_scale=1.0",
        "optimizer.groups.0.ranks=[]",
        "data.shuffle='every-epoch'",
    ],
)
def test_what_is_so_anyway_makes_no_difference(override: str) -> None:
    assert compared(override) == ([], True)


@pytest.mark.parametrize(
    ("override", "lines"),
    [
        ("model.1.rate=0.4", ["model.1.rate: unset before, 0.4 now"]),
        ("model.2.block.0.bias=false", ["model.2.block.0.bias: unset before, false now"]),
        ("optimizer.b1=0.8", ["optimizer.b1: unset before, 0.8 now"]),
        ("optimizer.groups.0.b1=0.9", ["optimizer.groups.0.b1: unset before, 0.9 now"]),
        ("data.split_seed=1", ["data.split_seed: 0 before, 1 now"]),
        (
            "optimizer.groups=[]",
            ['optimizer.groups.0.names.0: "*.bias" before, unset now', "optimizer.groups.0.weight_"],
        ),
    ],
)
def test_all_else_does(override: str, lines: list[str]) -> None:
    found, same = compared(override)
    assert len(found) == len(lines)
    assert all(line.startswith(start) for line, start in zip(found, lines, strict=True))
    assert not same
