"""Runs of a small experiment in an empty folder, which can be made to die."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import pytest
from rich.console import Console

import fnbackprop
from fnbackprop import Result, records
from fnbackprop.experiment.reporter import Reporter
from fnbackprop.records import Checkpoints, read_metrics
from fnbackprop.training import Chunk

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "Dropout", rate = 0.2 }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
optimizer = { learning_rate = 0.01 }
training = { epochs = 2 }
"""
TIMES = {"seconds", "examples_per_second"}


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same few programs are compiled again and again here; scripts/faults.py does so in processes of their own."""
    settings = {
        "jax_enable_compilation_cache": True,
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("cache")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
    }
    before = {name: getattr(jax.config, name) for name in settings}
    for name, value in settings.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


class DiedError(Exception):
    """Stands for whatever ends a process without notice."""


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Train the config above with overrides; `dies_at`: the step after which it dies, before anything is saved."""
    monkeypatch.chdir(tmp_path)
    Path("it.toml").write_text(CONFIG)
    chunk = Reporter.chunk

    def run(*overrides: str, dies_at: int | None = None, console: Console | None = None, **options: Any) -> Result:
        def die(self: Reporter, steps: Chunk) -> None:
            chunk(self, steps)
            if dies_at is not None and steps.last >= dies_at:
                raise DiedError

        monkeypatch.setattr(Reporter, "chunk", die)
        monkeypatch.setattr(records, "write_report", lambda *_: None)  # it draws for a second
        return fnbackprop.train("it.toml", overrides, console=console or Console(quiet=True), **options)

    return run


@pytest.fixture(scope="session")
def outcome() -> Callable[[Path], dict[str, Any]]:
    """All that a run has come to, to the bit, but for the times."""

    def read(run: Path) -> dict[str, Any]:
        found: dict[str, Any] = {"model": (run / "model.safetensors").read_bytes()}
        rows = read_metrics(run / "metrics.jsonl")
        found["metrics"] = [{name: value for name, value in row.items() if name not in TIMES} for row in rows]
        checkpoints = Checkpoints(run / "checkpoints")
        for step in checkpoints.steps():
            found[f"state {step}"] = (checkpoints.path(step) / "state.safetensors").read_bytes()
        status = json.loads((run / "status.json").read_text())
        return found | {"status": {name: status[name] for name in ("state", "step", "reason")}}

    return read
