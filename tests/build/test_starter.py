"""A starter config exists for every source, has no mistakes, and is never written over anything."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from fnbackprop import ConfigError
from fnbackprop.build import build_data, build_plan, check, starter_config, write_starter_config
from fnbackprop.build.registry import SOURCE

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("source", SOURCE.names())
def test_every_source_has_one(source: str) -> None:
    plan = build_plan(tomllib.loads(starter_config(source)))
    assert plan.config.data.source == source
    assert plan.schedule is not None


@pytest.mark.parametrize("source", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_it_fits_its_data(source: str) -> None:
    plan = build_plan(tomllib.loads(starter_config(source)))
    check(plan, build_data(plan.source, plan.config.data))


def test_those_for_files_fit_the_files_they_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inputs, targets = np.arange(120.0).reshape(60, 2), np.arange(60) % 2
    np.save("inputs.npy", inputs)
    np.save("targets.npy", targets)
    np.savez("data.npz", inputs=inputs, targets=targets)
    rows = [f"{a},{b},{'yes' if label else 'no'}" for (a, b), label in zip(inputs, targets, strict=True)]
    Path("data.csv").write_text("\n".join(["a,b,label", *rows]))
    Path("data.txt").write_text("to be or not to be\n" * 60)
    for source in ("npy", "npz", "csv", "text"):
        plan = build_plan(tomllib.loads(starter_config(source)))
        check(plan, build_data(plan.source, plan.config.data))


def test_a_task_has_one_too() -> None:
    text = starter_config("regression")
    assert text == starter_config("diabetes")
    assert 'name = "squared_error"' in text
    with pytest.raises(ConfigError, match="did you mean 'regression'"):
        starter_config("regresion")


def test_it_explains_itself() -> None:
    lines = starter_config("iris").splitlines()
    assert sum("#" in line for line in lines) > 10
    assert lines[0].startswith("# fnbackprop check")


@pytest.mark.parametrize("name", ["mine", "mine.toml"])
def test_it_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_starter_config(name, "iris")
    assert path == Path("mine.toml")
    assert path.read_text(encoding="utf-8") == starter_config("iris")
    path.write_text("mine now")
    with pytest.raises(ConfigError, match=r"mine\.toml exists, and is not written over"):
        write_starter_config(name, "iris")
    assert path.read_text() == "mine now"


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [("a", "irsi", "'irsi'; did you mean 'iris'"), ("gone/a", "iris", "cannot write gone/a.toml: No such file")],
)
def test_what_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        write_starter_config(name, source)
    assert not [*tmp_path.iterdir()]
