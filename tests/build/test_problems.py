"""Each mistake is one line of file, path, what is wrong and the value."""

import pytest
from pydantic import ValidationError

from fnbackprop import ConfigError
from fnbackprop.build.options import validate
from fnbackprop.build.problems import Problems, nearest
from fnbackprop.core.config import ExperimentConfig

pytestmark = pytest.mark.quick


def test_a_mistake_is_one_line() -> None:
    problems = Problems("it.toml")
    problems.raise_any()
    problems.add("data.batch_size", "too large", 1000)
    problems.add("", "no\nmodel")
    problems.add("a\x1b[31m", "∂", "x" * 100)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    first, second, third = str(caught.value).split("\n")
    assert first == "it.toml: data.batch_size: too large (got 1000)"
    assert second == "it.toml: no model"
    assert third.startswith("it.toml: a [31m: ∂ (got 'xxx")
    assert len(third) < 120


def test_the_nearest_name_is_offered_beside_all() -> None:
    assert nearest("feature", ["features", "bias"]) == "did you mean 'features'? there are bias, features"
    assert nearest("zzz", ["b", "a"]) == "there are a, b"
    assert nearest("zzz", []) == "there are none"


@pytest.mark.parametrize(
    ("name", "meant"),
    [("relu", "ReLU"), ("AdamW", "adamw"), ("cosine", "cosine_decay_schedule"), ("lr", "learning_rate")],
)
def test_the_nearest_name_may_be_spelled_otherwise_or_longer(name: str, meant: str) -> None:
    names = ["ReLU", "LeakyReLU", "adam", "adamw", "cosine_decay_schedule", "linear_schedule", "learning_rate"]
    assert nearest(name, names).startswith(f"did you mean '{meant}'?")


def test_the_keys_of_a_table_that_may_be_left_out_are_known() -> None:
    problems = Problems("it.toml")
    tables = {"model": [], "cost": {"name": "cross_entropy"}, "health": {"evry": 3}}
    with pytest.raises(ValidationError) as caught:
        validate(ExperimentConfig, tables)
    problems.add_invalid(caught.value, "", ExperimentConfig)
    (line,) = problems.lines
    assert line.startswith("it.toml: health.evry: unknown key; did you mean 'every'? there are dead, every")
