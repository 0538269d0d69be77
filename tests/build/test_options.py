"""The options of a thing are its own signature, with types that a config can write."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import jax
import pytest
from annotated_types import Gt
from jax.typing import ArrayLike
from pydantic import ValidationError

from fnbackprop.build.options import options_model, read_options, validate
from fnbackprop.build.problems import Problems
from fnbackprop.build.registry import MODULE, OPTIMIZER, SOURCE
from fnbackprop.core.config import ExperimentConfig

pytestmark = pytest.mark.quick


def make(
    x,
    key: Any,
    *,
    size: Annotated[int, Gt(0)],
    rate: ArrayLike = 0.5,
    momentum: ArrayLike | None = None,
    decay: float | Callable = 0.0,
    mode: Literal["a", "b"] = "a",
    cycles: Iterable[dict[str, ArrayLike]] = (),
    mask: Callable | None = None,
    start=None,
    count=3,
    array: jax.Array = jax.numpy.ones(2),  # noqa: B008
    **rest: float,
):
    pass


def test_options_are_what_a_config_can_write() -> None:
    found = options_model(MODULE, make).model_fields
    assert list(found) == ["size", "rate", "momentum", "decay", "mode", "cycles", "start", "count"]
    assert [name for name, field in found.items() if field.is_required()] == ["size"]
    assert found["rate"].annotation is float
    assert found["momentum"].annotation == float | None
    assert found["decay"].annotation is float
    assert found["cycles"].annotation == list[dict[str, float]]
    assert found["count"].annotation is int


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, "size"),
        ({"size": 0}, "size"),
        ({"size": True}, "size"),
        ({"size": 1, "mode": "c"}, "mode"),
        ({"size": 1, "momentum": True}, "momentum"),
        ({"size": 1, "rate": "1"}, "rate"),
        ({"size": 1, "cycles": [{"steps": "x"}]}, "cycles.0.steps"),
        ({"size": 1, "count": 1.5}, "count"),
        ({"size": 1, "array": [1]}, "array"),
        ({"size": 1, "key": 1}, "key"),
    ],
)
def test_each_option_is_checked(options: dict, wrong: str) -> None:
    problems = Problems("it.toml")
    assert read_options(MODULE, make, options, "model.0", problems, ()) is None
    (line,) = problems.lines
    assert line.startswith(f"it.toml: model.0.{wrong}: ")


def test_only_given_options_are_passed_on() -> None:
    problems = Problems("it.toml")
    found = read_options(MODULE, make, {"size": 2, "count": 4, "start": [1]}, "model.0", problems, ())
    assert found == {"size": 2, "count": 4, "start": [1]}


def test_arrays_come_first_in_a_module_and_everything_is_an_option_in_a_source() -> None:
    def load(path, n: int):
        pass

    assert not options_model(MODULE, load).model_fields
    assert options_model(SOURCE, load).model_fields["path"].annotation is Any


def test_a_signature_that_cannot_be_told_is_a_mistake_in_the_config() -> None:
    class Odd:
        __signature__ = 3

    problems = Problems("it.toml")
    assert read_options(OPTIMIZER, Odd(), {}, "optimizer", problems, ()) is None
    assert "cannot be told" in problems.lines[0]


def test_an_annotation_for_type_checkers_only_is_passed_over() -> None:
    def load(n: "Missing" = 3):
        pass

    assert options_model(SOURCE, load).model_fields["n"].annotation is int


def test_lists_are_tuples_and_nothing_else_is_converted() -> None:
    tables = {"model": [{"module": "Add", "inputs": ["a", "b"]}], "cost": {"name": "c"}}
    assert validate(ExperimentConfig, tables).model[0].inputs == ("a", "b")
    with pytest.raises(ValidationError):
        validate(ExperimentConfig, {**tables, "seed": "1"})
