"""status.json: what a run is doing, or how it ended."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ..core.atomic import write_atomically

State = Literal["running", "done", "failed", "stopped"]

# Each write waits for the disk.
_SECONDS_BETWEEN = 2.0


class Status:
    """Replaces status.json as the run goes; `step` is how many steps it has taken, `saved` that of the last checkpoint.

    A run of imported weights has one of step 0; None: there is none.
    """

    def __init__(self, path: Path, step: int, saved: int | None = None):
        self.path, self.step, self.saved = path, step, saved
        self.tell("running")

    def reached(self, step: int) -> None:
        """The run goes on, and has come to `step`; told now and then."""
        self.step = step
        if time.monotonic() - self._written >= _SECONDS_BETWEEN:
            self.tell("running")

    def kept(self, step: int) -> None:
        """There is a checkpoint of `step`; told at once, where it is another than before."""
        if step != self.saved:
            self.saved = step
            self.tell("running")

    def tell(self, state: State, reason: str = "") -> None:
        """What it is now, why, and since when (UTC)."""
        write_atomically(self.path, self._text(state, reason))
        self._written = time.monotonic()

    def tell_at_last(self, state: State, reason: str) -> None:
        """`tell`, also where the disk takes no new file: then in place, whose bytes are there already.

        Raises OSError where that is refused too.
        """
        try:
            self.tell(state, reason)
        except OSError:
            with self.path.open("r+b") as file:
                file.write(self._text(state, reason).encode())
                file.truncate()

    def _text(self, state: State, reason: str) -> str:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        status = {"state": state, "step": self.step, "saved": self.saved, "reason": reason, "time": now}
        return json.dumps(status, indent=2) + "\n"


def read_status(path: Path) -> dict[str, Any]:
    """What status.json says; nothing where it cannot be read."""
    try:
        status = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return status if isinstance(status, dict) else {}
