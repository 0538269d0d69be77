"""The schema says what the program does: an editor takes the shipped configs, and marks what would be refused."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fnbackprop.build import json_schema, starter_config
from fnbackprop.build.config_file import apply_overrides, shipped_configs

SCHEMA = json_schema()
REMARKS = {"title", "description", "default", "$defs", "format"}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
}
BOUNDS = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
    "pattern": lambda value, pattern: re.search(pattern, value) is not None,
    "const": lambda value, const: value == const,
    "enum": lambda value, names: value in names,
}


def accepts(schema: dict[str, Any] | bool, value: Any) -> bool:
    """JSON Schema, as far as it is used here; a keyword that is not known fails the test."""
    if isinstance(schema, bool):
        return schema
    for keyword, rule in sorted(schema.items(), key=lambda item: item[0] != "type"):  # a bound wants a number
        if keyword in REMARKS or keyword in ("properties", "additionalProperties"):
            continue
        if keyword == "type":
            fine = isinstance(value, TYPES[rule]) and (rule == "boolean" or not isinstance(value, bool))
        elif keyword == "$ref":
            fine = accepts(SCHEMA["$defs"][rule.removeprefix("#/$defs/")], value)
        elif keyword in ("anyOf", "oneOf"):
            fine = any(accepts(each, value) for each in rule)
        elif keyword == "items":
            fine = all(accepts(rule, item) for item in value)
        elif keyword == "required":
            fine = value.keys() >= {*rule}
        else:
            fine = BOUNDS[keyword](value, rule)
        if not fine:
            return False
    if not isinstance(value, dict) or schema.get("type") != "object":
        return True
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    return all(accepts(known.get(key, others), inner) for key, inner in value.items())


CONFIGS = {name: path.read_text() for name, path in shipped_configs().items()} | {
    f"new {name}": starter_config(name) for name in ("digits", "csv", "npz", "cifar10", "diabetes")
}


@pytest.mark.parametrize("name", CONFIGS)
def test_good_configs_are_accepted(name: str) -> None:
    assert accepts(SCHEMA, tomllib.loads(CONFIGS[name]))


DIGITS = tomllib.loads(shipped_configs()["digits_mlp"].read_text())


@pytest.mark.parametrize(
    "override",
    [
        "model.0={module='my_pkg.layers:swish', beta=2}",
        "model.0={module='Repeat', times=2, block={module='ReLU'}}",
        "model.0={module='Repeat', times=2, block=[{module='Repeat', times=3, block=[{module='ReLU'}]}]}",
        "model.0={module='Choose', limits=[3], branches=[{module='ReLU'}, [{module='Tanh'}]]}",
        "model.0={module='Graph', nodes=[{module='ReLU'}]}",
        "data={source='my_pkg.sets:mine', path='x'}",
        "cost={name='my_pkg.costs:mine', scale=2}",
        "optimizer.learning_rate={schedule='cosine_decay_schedule', init_value=1e-3}",
        "optimizer={name='sgd', momentum=0.9}",
        "data={images=true}",
    ],
)
def test_more_that_is_accepted(override: str) -> None:
    assert accepts(SCHEMA, apply_overrides(DIGITS, [override]))


@pytest.mark.parametrize(
    "override",
    [
        "sed=1",
        "seed='1'",
        "model.0.module=Lineer",
        "model.0.feature=3",
        "model.0.features=true",
        "model.0={module='Linear'}",
        "model.0={module='Repeat', times=2}",
        "model.0={module='Repeat', times=2, block='ReLU'}",
        "model.0={module='Repeat', times=2, block=[{module='ReLU', rate=0.5}]}",
        "model.0={module='Choose', limits=[3], branches={module='ReLU'}}",
        "model.0={module='Graph', nodes={module='ReLU'}}",
        "model.0={module='ReLU', rate=0.5}",
        "data.source=irsi",
        "data.batch_size=0",
        "data.image=true",
        "cost={}",
        "cost.name=crossentropy",
        "optimizer.beta1=0.9",
        "optimizer.learning_rate={schedule='cosine_decay_schedule'}",
        "optimizer={name='sgd', momentum='x'}",
        "penalties.l3=1",
        "training.epochs=1.5",
    ],
)
def test_mistakes_are_marked(override: str) -> None:
    assert not accepts(SCHEMA, apply_overrides(DIGITS, [override]))


def test_keys_are_described() -> None:
    text = str(SCHEMA)
    for remark in ("examples per step", "largest norm of the whole gradient", "draws the initial weights"):
        assert remark in text
    assert not re.search(str(Path.home()), text)
