"""What is saved when a run is told to stop, when the disk refuses, and when numbers are not finite."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fnbackprop import CheckpointError, NonFiniteError, Result, Stopped, evaluate, training
from fnbackprop.experiment.reporter import Reporter
from fnbackprop.records import Checkpoints, Status, read_metrics

Train = Callable[..., Result]
Outcome = Callable[[Path], dict[str, Any]]


def status(run: str = "it") -> dict[str, Any]:
    return json.loads((Path(run) / "status.json").read_text())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_wish_to_stop_ends_the_chunk_and_saves(
    train: Train, outcome: Outcome, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    train("training={epochs=2, report_every=3}", run="whole")
    reached = Status.reached

    def wish(self: Status, step: int) -> None:
        if step == 3:
            os.kill(os.getpid(), number)
        reached(self, step)

    monkeypatch.setattr(Status, "reached", wish)
    with pytest.raises(Stopped, match=r"stopped after 3 steps, and saved; the same command with --run it") as caught:
        train("training={epochs=2, report_every=3}", run="it")
    assert caught.value.exit_code == code
    assert status()["state"] == "stopped"
    assert [status()["step"]] == Checkpoints(Path("it/checkpoints")).steps()
    monkeypatch.setattr(Status, "reached", reached)
    short = train("training={steps=3, report_every=3}", run="short")
    assert evaluate("it") == short.test
    train("training={epochs=2, report_every=3}", run="it")
    found = outcome(Path("it"))
    del found["state 3"]
    assert found == outcome(Path("whole"))


def test_what_was_saved_a_moment_before_the_end_is_told(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise Stopped(signal.SIGINT, "stopped at once")

    monkeypatch.setattr(Status, "kept", interrupted)
    with pytest.raises(Stopped):
        train("checkpoint.every_steps=3", run="it")
    assert [status()["saved"]] == Checkpoints(Path("it/checkpoints")).steps() == [3]


def test_an_interruption_that_a_library_renames_is_one(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Stopped:
            raise ImportError("a library failed to load") from None

    monkeypatch.setattr(training, "initial_state", interrupted)
    with pytest.raises(Stopped, match="terminated"):
        train(run="it")
    assert (status()["state"], status()["reason"]) == ("stopped", "terminated")


def test_a_disk_that_refuses_leaves_the_checkpoints_there_were(
    train: Train, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, kept = "checkpoint={every_steps=3, keep=1}", []
    train(save, run="whole")
    write = Path.write_bytes

    def refuse(self: Path, content: bytes) -> int:
        if self.name == "state.safetensors" and Path("it/checkpoints/step-000000006").exists():
            kept.extend(Checkpoints(Path("it/checkpoints")).steps())
            raise OSError(28, "No space left on device")
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CheckpointError, match=r"step-000000009 could not be saved: No space left on device; those"):
        train(save, run="it")
    assert CheckpointError.exit_code == 5
    assert kept == [6]
    assert Checkpoints(Path("it/checkpoints")).steps() == [6]
    assert status()["state"] == "failed"
    assert "No space left" in status()["reason"]
    monkeypatch.setattr(Path, "write_bytes", write)
    train(save, run="it")
    assert outcome(Path("it")) == outcome(Path("whole"))


def test_metrics_that_cannot_be_written_are_the_disks_fault(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system", "it/metrics.jsonl")

    train(run="it")
    monkeypatch.setattr(Reporter, "report", refuse)
    for run, rest in (("it", "its checkpoints are untouched: the same command goes on"), ("new", "start it again")):
        why = rf"could not be written to: Read-only file system: it/metrics\.jsonl; {rest}"
        with pytest.raises(CheckpointError, match=why):
            train("training.epochs=3", run=run)
        assert status(run)["state"] == "failed"
        assert "could not be written to: Read-only file system" in status(run)["reason"]


DATA = "data={source='csv', path='mine.csv', target='y', batch_size=10, normalize='none', shuffle='never'}"


@pytest.mark.parametrize(("policy", "done"), [("skip", "skipped"), ("reduce", "reduced")])
def test_steps_that_are_not_finite_are_counted(train: Train, policy: str, done: str) -> None:
    # The square of one example is past float32.
    Path("mine.csv").write_text("x,y\n" + "".join(f"{1e30 if i == 41 else i % 5},{i % 2}.5\n" for i in range(100)))
    overrides = (DATA, "cost.name=squared_error", "data.task=regression", "model.2.features=1")
    with pytest.raises(NonFiniteError, match="step"):
        train(*overrides, run="stopped")
    assert status("stopped")["state"] == "failed"
    with Path("said").open("w") as file:
        console = Console(file=file, width=200)
        train(*overrides, f"training={{epochs=2, non_finite='{policy}'}}", run="it", console=console)
    counted = [row["spoiled"] for row in read_metrics(Path("it/metrics.jsonl")) if row["kind"] == "train"]
    assert counted == [1, 1]
    assert f"1 of 7 steps were not finite, and {done}" in Path("said").read_text()


def test_a_run_of_which_no_step_is_finite_ends(train: Train) -> None:
    diverging = "optimizer={name='sgd', learning_rate=1e30}"
    with pytest.raises(NonFiniteError, match="none of the 7 steps since the last report"):
        train(diverging, "training={epochs=9, non_finite='skip'}", "penalties={l2=1e38}", run="it")
    assert status()["state"] == "failed"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_is_told_of_every_row(train: Train) -> None:
    event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train("trackers=['tensorboard']", run="it")
    train("trackers=['tensorboard']", "training.epochs=3", run="it")
    events = event_accumulator.EventAccumulator("it/tensorboard")
    events.Reload()
    rows = [row for row in read_metrics(Path("it/metrics.jsonl")) if row["kind"] == "validation"]
    found = [(event.step, event.value) for event in events.Scalars("validation/loss")]
    assert found == [(row["step"], pytest.approx(row["loss"])) for row in rows]
