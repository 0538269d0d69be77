"""Rows of metrics as a TensorBoard event file."""

import os
import socket
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
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            raise ConfigError("trackers: tensorboard is not installed: pip install 'fnbackprop[tensorboard]'") from None
        self._event, self._summary, self._record = event_pb2.Event, summary_pb2.Summary, RecordWriter
        folder.mkdir(exist_ok=True)
        # TensorBoard reads files in the order of their names.
        self._path = folder / f"events.out.tfevents.{time.time():017.6f}.{socket.gethostname()}.{os.getpid()}"
        self._write(file_version="brain.Event:2")
        self._write(session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START), step=step + 1)

    def add(self, row: Mapping[str, Any]) -> None:
        """One row: each figure under "train/loss", those of nodes under "health/linear_1/dead"."""
        numbers = {name: value for name, value in leaves(dict(row)) if isinstance(value, int | float)}
        tags = {name: name.replace("nodes.", "").replace(".", "/") for name in numbers if name not in _PLACE}
        values = [self._summary.Value(tag=f"{row['kind']}/{tag}", simple_value=numbers[n]) for n, tag in tags.items()]
        self._write(summary=self._summary(value=values), step=row["step"])

    def _write(self, **event: Any) -> None:
        # Not by TensorBoard's own writer: its thread would print a traceback where the disk refuses.
        with self._path.open("ab") as file:
            self._record(file).write(self._event(wall_time=time.time(), **event).SerializeToString())
