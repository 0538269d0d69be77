"""The folder of one training run: what lies where, and who may make or open it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ..core.errors import CheckpointError, ConfigError
from .run_lock import locked


@dataclass(frozen=True)
class RunFolder:
    """The files of one run; make it with `at`, `fresh` or `next_free`, read it with `open`.

    Who writes to it holds its lock: `with run.locked():`.
    """

    path: Path

    @classmethod
    def at(cls, path: Path) -> "RunFolder":
        """The run at `path`: one that is there already, or a new one in a free or an empty folder.

        Raises ConfigError where something else is there, or a link leads out of the run's folder; CheckpointError where
        the disk lets none be made.
        """
        remedy = "; give another folder with --run, or move this one away"
        run = cls(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            found = list(path.iterdir())
        except (FileExistsError, NotADirectoryError):
            raise ConfigError(f"run folder {path} is a file, or in one{remedy}") from None
        except OSError as error:
            raise _refused(path, error) from None
        if found and not {run.lock, run.config}.intersection(found):
            raise ConfigError(f"run folder {path} is not empty, and holds no run{remedy}")
        return run._refuse_what_is_no_run()

    @classmethod
    def fresh(cls, path: Path) -> "RunFolder":
        """A new run at `path` where that is free or an empty folder; otherwise at `path-2`, `path-3` …."""
        if path.is_dir() and not any(path.iterdir()):
            return cls(path)
        return cls.next_free(path.parent, path.name)

    @classmethod
    def next_free(cls, parent: Path, name: str) -> "RunFolder":
        """A new run at `parent/name`, or `name-2`, `name-3` … the first that is free, whoever else is starting."""
        for number in count(1):
            path = parent / (name if number == 1 else f"{name}-{number}")
            try:
                parent.mkdir(parents=True, exist_ok=True)
                path.mkdir()
                return cls(path)
            except (FileExistsError, NotADirectoryError):
                if not parent.is_dir():
                    raise ConfigError(f"cannot make a run in {parent}: it is a file; name a folder") from None
            except OSError as error:
                raise _refused(path, error) from None
        raise AssertionError("count() has no end")

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The run at `path`; raises ConfigError where there is none."""
        run = cls(path)
        if not path.is_dir():
            raise ConfigError(f"{path} is {'a file' if path.exists() else 'missing'}; give the folder of a run")
        if not run.config.is_file():
            raise ConfigError(f"{path} is not the folder of a run: it has no {run.config.name}")
        return run._refuse_what_is_no_run()

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other process out of the run; see `run_lock.locked`."""
        return locked(self.lock)

    def require(self, *files: Path) -> "RunFolder":
        """The run itself; raises ConfigError, naming those that are missing, unless it has all these `files`."""
        if missing := [file.name for file in files if not file.is_file()]:
            how = f"train it to its end, or until Ctrl-C, with: fnbackprop train {self.config} --run {self.path}"
            raise ConfigError(f"run {self.path} has no {' and no '.join(missing)}; {how}")
        return self

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def profile(self) -> Path:
        return self.path / "profile"

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

    def _refuse_what_is_no_run(self) -> "RunFolder":
        """The run itself; raises ConfigError where it holds what no run makes, which would lead elsewhere or hang."""
        for entry in self.path.iterdir():
            if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
                what = "link" if entry.is_symlink() else "pipe or a device"
                raise ConfigError(f"run folder {self.path} holds a {what}, {entry.name}, as no run does; move it away")
        return self


def _refused(path: Path, error: OSError) -> CheckpointError:
    return CheckpointError(f"cannot make run folder {path}: {error.strerror}; give another with --run")
