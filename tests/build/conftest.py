import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fnbackprop import ConfigError
from fnbackprop.build import Plan, build_data, build_plan, check
from fnbackprop.build.config_file import apply_overrides

FILE = "it.toml"
BASE: dict[str, Any] = {
    "model": [{"module": "Linear", "features": 3}],
    "data": {"source": "iris", "batch_size": 10},
    "cost": {"name": "cross_entropy"},
    "training": {"epochs": 2},
}
OWN = """
import pathlib

pathlib.Path("imported").touch()

import jax.numpy as jnp
import numpy as np


def swish(x, *, beta: float = 1.0):
    return x / (1 + jnp.exp(-beta * x))


def cauchy(outputs, targets, scale: float = 1.0):
    return jnp.sum(jnp.log1p(((outputs - targets) / scale) ** 2), axis=-1)


def line(n: int = 40, folder=None, *, noise: float = 0.0):
    x = np.linspace(-1, 1, n)
    return x[:, None], 3 * x + 1 + noise


def wants_a_path(path):
    return line(len(path))


def boom(x):
    raise RuntimeError("of its own")


def rows(x, sizes=(1,)):
    return x * sum(sizes)


def table(x, scales: dict[str, float] = {}):
    return x


number = 3
"""


@pytest.fixture
def base() -> dict[str, Any]:
    """A config without mistakes, as parsed TOML."""
    return copy.deepcopy(BASE)


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """The plan of the base config with overrides."""

    def make(*overrides: str, allow: Sequence[str] = ()) -> Plan:
        return build_plan(apply_overrides(BASE, overrides), FILE, allow)

    return make


@pytest.fixture
def problems_of(plan_of: Callable[..., Plan]) -> Callable[..., list[str]]:
    """Every mistake of the base config with overrides, without the file's name: those seen before any data is."""

    def find(*overrides: str, allow: Sequence[str] = ()) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            plan_of(*overrides, allow=allow)
        assert all(line.startswith(f"{FILE}: ") for line in caught.value.problems)
        assert str(caught.value).count("\n") == len(caught.value.problems) - 1
        return [line.removeprefix(f"{FILE}: ") for line in caught.value.problems]

    return find


@pytest.fixture
def checked(plan_of: Callable[..., Plan]) -> Callable[..., Plan]:
    """The plan of the base config with overrides, checked against its data."""

    def run(*overrides: str, allow: Sequence[str] = ()) -> Plan:
        plan = plan_of(*overrides, allow=allow)
        check(plan, build_data(plan.source, plan.config.data))
        return plan

    return run


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a package of the user's in the working folder, which leaves the file "imported" when it is."""
    package = "own_package"
    (tmp_path / package).mkdir()
    (tmp_path / package / "things.py").write_text(OWN)
    (tmp_path / package / "broken.py").write_text("this is no Python")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
