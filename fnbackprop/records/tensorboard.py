"""Rows of metrics as a TensorBoard event file."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.tables import leaves

_PLACE = ("kind", "step", "epoch")


class TensorBoard:
    """Adds to the event files in `folder`; what they hold after `step` is hidden, since it is told again."""

    def __init__(self, folder: Path, step: int):
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError:
            raise ConfigError("trackers: tensorboard is not installed: pip install 'fnbackprop[tensorboard]'") from None
        self._event, self._summary = event_pb2.Event, summary_pb2.Summary
        self._writer = EventFileWriter(str(folder))
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._writer.add_event(self._event(session_log=start, step=step + 1, wall_time=time.time()))

    def add(self, row: Mapping[str, Any]) -> None:
        """One row: each figure under "train/loss", those of nodes under "health/linear_1/dead"."""
        numbers = {name: value for name, value in leaves(dict(row)) if isinstance(value, int | float)}
        tags = {name: name.replace("nodes.", "").replace(".", "/") for name in numbers if name not in _PLACE}
        values = [self._summary.Value(tag=f"{row['kind']}/{tag}", simple_value=numbers[n]) for n, tag in tags.items()]
        summary = self._summary(value=values)
        self._writer.add_event(self._event(summary=summary, step=row["step"], wall_time=time.time()))

    def flush(self) -> None:
        """Have everything written."""
        self._writer.flush()
