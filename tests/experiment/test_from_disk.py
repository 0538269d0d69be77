"""Data that stay on the disk: the same run to the bit, and a clear end where they are lost."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fnbackprop import DataError, Result, evaluate
from fnbackprop.experiment.reporter import Reporter

from .conftest import DiedError

FROM_DISK = "data={source='npy', inputs='x.npy', targets='y.npy', batch_size=16, device_megabytes=0.002}"
ON_DEVICE = "data.device_megabytes=1"
OFTEN = "checkpoint.every_steps=3"
EVERY = "training={report_every=5, epochs=2}"


@pytest.fixture(autouse=True)
def files(train: Any) -> None:
    random = np.random.default_rng(0)
    np.save("x.npy", random.normal(size=(150, 4)))
    np.save("y.npy", random.integers(0, 3, 150))


def test_it_is_the_run_of_data_on_the_device(train: Callable[..., Result], outcome: Callable[[Path], Any]) -> None:
    on_device = train(FROM_DISK, EVERY, OFTEN, ON_DEVICE, run="device")
    with pytest.raises(DiedError):
        train(FROM_DISK, EVERY, OFTEN, run="disk", dies_at=11)
    result = train(FROM_DISK, EVERY, OFTEN, run="disk")
    assert outcome(result.run) == outcome(on_device.run)
    assert evaluate(result.run) == on_device.test == evaluate(on_device.run)


def test_a_file_that_is_cut_short_ends_the_run_with_the_code_of_data(
    train: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    due = Reporter.is_due
    monkeypatch.setattr(Reporter, "is_due", lambda self, step: os.truncate("x.npy", 500) or due(self, step))
    with pytest.raises(DataError, match=r"x\.npy: changed while it was in use: it had 4,928 bytes and has 500") as told:
        train(FROM_DISK, run="cut")
    assert told.value.exit_code == 3
    assert '"failed"' in Path("cut/status.json").read_text()
