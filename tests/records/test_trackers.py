"""Trackers are told of every row, and never stop a training."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fnbackprop import ConfigError
from fnbackprop.records import MetricsLog, TensorBoard, Trackers


class Heard:
    def __init__(self, fails: bool = False):
        self.rows: list[Any] = []
        self.fails = fails

    def add(self, row: Any) -> None:
        self.rows.append(row)
        if self.fails:
            raise OSError("no route to host")


@pytest.mark.quick
def test_one_that_fails_is_warned_of_once_and_the_others_go_on(tmp_path: Path) -> None:
    bad, good, said = Heard(fails=True), Heard(), []
    log = MetricsLog(
        tmp_path / "metrics.jsonl", follow=Trackers({"bad": lambda: bad, "good": lambda: good}, said.append).add
    )
    for step in range(3):
        log.append({"kind": "train", "step": step})
    assert (len(bad.rows), len(good.rows)) == (1, 3)
    assert said == ["warning: tracker bad failed and is told no more: OSError: no route to host"]


@pytest.mark.quick
def test_one_that_cannot_even_begin_is_warned_of(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "tensorboard").write_text("no folder")
    good, said = Heard(), []
    make = {"tensorboard": lambda: TensorBoard(tmp_path / "tensorboard", 0), "good": lambda: good}
    Trackers(make, said.append).add({"kind": "train", "step": 0})
    assert len(good.rows) == 1
    assert [line.partition(":")[2] for line in said] == [
        f" tracker tensorboard failed and is told no more: FileExistsError: [Errno 17] File exists: "
        f"'{tmp_path / 'tensorboard'}'"
    ]


@pytest.mark.quick
def test_a_disk_that_refuses_is_told_in_a_line_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboard")
    said: list[str] = []
    trackers = Trackers({"tensorboard": lambda: TensorBoard(tmp_path / "events", 0)}, said.append)
    shutil.rmtree(tmp_path / "events")
    for step in range(2):
        trackers.add({"kind": "train", "step": step, "loss": 1.0})
    assert len(said) == 1
    assert "tracker tensorboard failed and is told no more: FileNotFoundError" in said[0]
    assert capfd.readouterr().err == ""


def scalars(folder: Path) -> Iterator[tuple[str, int, float]]:
    """What TensorBoard itself reads there."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    for tag in events.Tags()["tensors"] or events.Tags()["scalars"]:
        yield from ((tag, event.step, event.value) for event in events.Scalars(tag))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_the_rows_and_forgets_those_that_are_told_again(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    first = TensorBoard(tmp_path, 0)
    for step in (1, 2, 3):
        first.add({"kind": "train", "step": step, "epoch": 0.5, "loss": step / 4, "note": "text"})
    again = TensorBoard(tmp_path, 1)
    again.add({"kind": "train", "step": 2, "epoch": 0.5, "loss": 9.0})
    again.add({"kind": "health", "step": 2, "nodes": {"linear_1": {"dead": 0.25}}})
    assert set(scalars(tmp_path)) == {
        ("train/loss", 1, 0.25),
        ("train/loss", 2, 9.0),
        ("health/linear_1/dead", 2, 0.25),
    }


@pytest.mark.quick
def test_without_the_package_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    with pytest.raises(ConfigError, match=r"pip install 'fnbackprop\[tensorboard\]'"):
        TensorBoard(tmp_path, 0)
