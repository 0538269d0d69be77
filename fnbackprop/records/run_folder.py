"""The folder of one training run: what lies where, and who may make or open it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal

from ..core.atomic import write_atomically
from ..core.errors import ConfigError
from .metrics import read_metrics

State = Literal["running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class RunFolder:
    """The files of one run; make it with `create` or `next_free`, read it with `open`."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """A new run at `path`, which must be free or an empty folder; raises ConfigError otherwise."""
        remedy = "; give another folder with --run, or move this one away"
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise ConfigError(f"run folder {path} is not empty, and a run is never written over{remedy}")
            return cls(path)._claim()
        except FileExistsError:
            what = "is being used by another process" if path.is_dir() else "is a file"
            raise ConfigError(f"run folder {path} {what}{remedy}") from None
        except OSError as error:
            raise ConfigError(f"cannot make run folder {path}: {error.strerror}{remedy}") from None

    @classmethod
    def next_free(cls, parent: Path, name: str) -> "RunFolder":
        """A new run at `parent/name`, or `name-2`, `name-3` … the first that is free, whoever else is starting."""
        for number in count(1):
            path = parent / (name if number == 1 else f"{name}-{number}")
            try:
                parent.mkdir(parents=True, exist_ok=True)
                path.mkdir()
                return cls(path)._claim()
            except FileExistsError:
                if not parent.is_dir():
                    raise ConfigError(f"cannot make a run in {parent}: it is a file; name a folder") from None
            except OSError as error:
                raise ConfigError(f"cannot make run folder {path}: {error.strerror}; choose it with --run") from None
        raise AssertionError("count() has no end")

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The run at `path`; raises ConfigError where there is none."""
        run = cls(path)
        if not path.is_dir():
            raise ConfigError(f"{path} is {'a file' if path.exists() else 'missing'}; give the folder of a run")
        if not run.config.is_file():
            raise ConfigError(f"{path} is not the folder of a run: it has no {run.config.name}")
        return run

    def require(self, *files: Path) -> "RunFolder":
        """The run itself; raises ConfigError, naming those that are missing, unless it has all these `files`."""
        if missing := [file.name for file in files if not file.is_file()]:
            raise ConfigError(f"run {self.path} has no {' and no '.join(missing)}; train it to its end first")
        return self

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def status(self) -> Path:
        return self.path / "status.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def model(self) -> Path:
        return self.path / "model.safetensors"

    def write_status(self, state: State, step: int, reason: str = "") -> None:
        """Replace status.json: the run's state after `step` steps, why, and when (UTC)."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        status = {"state": state, "step": step, "reason": reason, "time": time}
        write_atomically(self.status, json.dumps(status, indent=2) + "\n")

    def last_step(self) -> int:
        """The last step that metrics.jsonl tells of; 0 where it tells nothing."""
        rows = read_metrics(self.metrics) if self.metrics.is_file() else []
        return rows[-1]["step"] if rows else 0

    def _claim(self) -> "RunFolder":
        # An empty folder can look free to two processes at once; only one of them makes its first file.
        self.log.touch(exist_ok=False)
        return self
