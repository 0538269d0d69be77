"""Whatever stands in a config, it is a plan or a ConfigError that names the file, and nothing is run."""

import datetime
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop import ConfigError
from fnbackprop.build import Plan, build_plan, read_plan
from fnbackprop.build.config_file import apply_overrides
from fnbackprop.core.tables import leaves

GOOD = """\
seed = 1
model = [{ module = "Linear", features = 8, name = "a" }, { module = "Choose", limits = [4], branches = [
  [{ module = "ReLU" }] ] }, { module = "Linear", features = 3, inputs = ["a"] }]
data = { source = "npz", path = "x.npz", batch_size = 16, sizes = [4] }
cost = { name = "cross_entropy", label_smoothing = 0.1 }
optimizer = { name = "sgd", learning_rate = { schedule = "cosine_decay_schedule", init_value = 0.1 }, momentum = 0.9 }
training = { epochs = 2 }
health = { every = 3 }
"""

numbers = st.one_of(st.integers(), st.integers(-(2**70), 2**70), st.floats(), st.just(10**4000))
words = st.sampled_from(
    ["", "Linear", "sgd", "os:system", "builtins:eval", "../../etc/passwd", "a\0b", "\ud800", "∂" * 999]
)
plain = st.one_of(
    numbers, words, st.text(max_size=8), st.booleans(), st.just(datetime.date(2020, 1, 1)), st.just(datetime.time(1))
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=5), inner, max_size=3)
)
paths = st.sampled_from([path for path, _ in leaves(tomllib.loads(GOOD))] + ["data", "model", "cost", "new", "model.0"])


def fine(plan: Callable[[], Any]) -> bool:
    try:
        return isinstance(plan(), Plan)
    except ConfigError as error:
        return all(problem and "\n" not in problem for problem in error.problems)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, damaged: Callable[..., Any], data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_bytes(data.draw(damaged(GOOD.encode())))
    assert fine(lambda: read_plan(path))


def put(node: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    if isinstance(node, list):
        return [put(item, path[1:], value) if str(i) == path[0] else item for i, item in enumerate(node)]
    return {**node, path[0]: put(node.get(path[0], {}), path[1:], value)}


@given(path=paths, value=values)
@settings(max_examples=150, deadline=None)
def test_any_value_anywhere(path: str, value: Any) -> None:
    assert fine(lambda: build_plan(put(tomllib.loads(GOOD), path.split("."), value)))


@given(override=st.one_of(st.text(max_size=30), st.tuples(paths, st.text(max_size=20)).map("=".join)))
@settings(max_examples=150, deadline=None)
def test_any_override(override: str) -> None:
    assert fine(lambda: build_plan(apply_overrides(tomllib.loads(GOOD), [override])))


def test_nothing_was_run(tmp_path: Path) -> None:
    tables = put(tomllib.loads(GOOD), ["model", "0"], {"module": "os:mkdir", "path": str(tmp_path / "made")})
    assert fine(lambda: build_plan(tables))
    assert not (tmp_path / "made").exists()
