"""status.json is replaced whole, and not more often than it is worth."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fnbackprop.records import Status, status

pytestmark = pytest.mark.quick


def told(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def test_it_tells_state_step_reason_and_time(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    now = Status(path, 3)
    assert (told(path)["state"], told(path)["step"]) == ("running", 3)
    now.step = 7
    now.tell("failed", "the loss is NaN")
    assert {name: told(path)[name] for name in ("state", "step", "reason")} == {
        "state": "failed",
        "step": 7,
        "reason": "the loss is NaN",
    }
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(told(path)["time"])).total_seconds()) < 60


def test_what_was_saved_is_told_at_once(tmp_path: Path) -> None:
    assert told(Status(tmp_path / "status.json", 9).path)["saved"] is None
    now = Status(tmp_path / "status.json", 9, saved=5)
    assert told(now.path)["saved"] == 5
    now.kept(9)
    assert told(now.path)["saved"] == 9


def test_steps_are_told_now_and_then_and_the_last_one_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Status(tmp_path / "status.json", 0)
    now.reached(5)
    assert told(now.path)["step"] == 0
    monkeypatch.setattr(status, "_SECONDS_BETWEEN", 0)
    now.reached(6)
    assert told(now.path)["step"] == 6
    now.step = 7
    now.tell("done")
    assert told(now.path)["step"] == 7


def test_a_disk_that_takes_no_new_file_still_takes_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Status(tmp_path / "status.json", 7)
    now.tell("running", "a long reason " * 20)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(status, "write_atomically", refuse)
    now.tell_at_last("failed", "the disk is full")
    assert (told(now.path)["state"], told(now.path)["reason"]) == ("failed", "the disk is full")
    now.path.unlink()
    with pytest.raises(OSError, match="No such file"):
        now.tell_at_last("failed", "the disk is full")
