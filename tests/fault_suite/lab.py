"""Real processes of the real command, in a folder that can be made to fail."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fnbackprop
from fnbackprop.records import Checkpoints, read_metrics

HERE = Path(__file__).parent
ROOT = Path(fnbackprop.__file__).parents[1]
TIMES = {"seconds", "examples_per_second"}

# About a second and a half of training, with 30 saves; everything that a run carries along is on.
CONFIG = """\
model = [
  { module = "Linear", features = 64 }, { module = "ReLU" }, { module = "Dropout", rate = 0.3 },
  { module = "Linear", features = 3 },
]
data = { source = "csv", path = "flowers.csv", target = "kind", batch_size = 16 }
cost = { name = "cross_entropy" }
optimizer = { name = "adam", learning_rate = { schedule = "cosine_decay_schedule", init_value = 0.01 } }
training = { steps = 9000, report_every = 500 }
checkpoint = { every_steps = 300 }
health = { every = 1000 }
best = { metric = "accuracy" }
"""


class Lab:
    """A folder with a config and data, in which the command is run; `whole` is a run that nothing happened to."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "it.toml").write_text(CONFIG)
        write_flowers(folder / "flowers.csv")
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
            # Filled by the first run, and only read by those that die.
            "JAX_COMPILATION_CACHE_DIR": str(folder / "cache"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PLATFORMS": "cpu",
        }
        assert self.train("whole").returncode == 0
        self.whole = outcome(folder / "whole")

    def start(
        self,
        run: str | Path,
        *more: str,
        planted: str | None = None,
        limit: int | None = None,
        unprivileged: Sequence[str] = (),
    ) -> subprocess.Popen:
        """Start training.

        planted: which protection is broken; limit: bytes that a file can have; unprivileged: see `obeying_permissions`.
        """
        program = ["-m", "fnbackprop"] if planted is None else [str(HERE / "planted.py"), planted]
        command = [*unprivileged, sys.executable, *program, "train", "it.toml", "--run", str(run), *more]
        if limit is not None:
            # Not preexec_fn, which forks a process in which JAX may have threads.
            limited = f"import os, resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, ({limit}, {limit}))"
            command = [sys.executable, "-c", f"{limited}; os.execv(sys.argv[1], sys.argv[1:])", *command]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, **pipes)

    def train(self, run: str | Path, *more: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Train to the end, or to whatever ends it."""
        with self.start(run, *more, **options) as process:
            said = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, *said)

    def ends_as_whole(self, run: str | Path, planted: str | None = None) -> bool:
        """Whether going on with a run ends in the bits of one that nothing happened to."""
        try:
            return self.train(run, planted=planted).returncode == 0 and outcome(self.folder / run) == self.whole
        except (OSError, ValueError, fnbackprop.FnbackpropError):
            return False

    def wait(self, process: subprocess.Popen, ready: Callable[[], bool], seconds: float = 120) -> bool:
        """Wait until it is so; False where the process ended first."""
        end = time.monotonic() + seconds
        while not ready() and time.monotonic() < end:
            if process.poll() is not None:
                return ready()
            time.sleep(0.002)
        return ready()

    def status(self, run: str | Path) -> dict[str, Any]:
        """What status.json says."""
        return json.loads((self.folder / run / "status.json").read_text())

    def step(self, run: str | Path) -> int:
        """The step of the newest checkpoint; 0 where there is none."""
        return max(Checkpoints(self.folder / run / "checkpoints").steps(), default=0)


def obeying_permissions() -> Sequence[str] | None:
    """What is put before a command so that it may not write where permissions forbid it; None: there is nothing."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if shutil.which("setpriv") else None


def write_flowers(path: Path, rows: int = 150) -> None:
    """Three kinds that can be told apart, though not perfectly."""
    lines = [f"{i % 3 + (i * 37 % 100) / 60:.3f},{(i * 53 % 100) / 50:.3f},{'abc'[i % 3]}\n" for i in range(rows)]
    path.write_text("length,width,kind\n" + "".join(lines))


def outcome(run: Path) -> dict[str, Any]:
    """All that a run has come to, to the bit, but for the times."""
    rows = read_metrics(run / "metrics.jsonl")
    found: dict[str, Any] = {
        "model": (run / "model.safetensors").read_bytes(),
        "metrics": [{name: value for name, value in row.items() if name not in TIMES} for row in rows],
        "status": {k: v for k, v in json.loads((run / "status.json").read_text()).items() if k != "time"},
    }
    checkpoints = Checkpoints(run / "checkpoints")
    for step in checkpoints.steps():
        found[f"state {step}"] = (checkpoints.path(step) / "state.safetensors").read_bytes()
    return found


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path | None]:
    """A disk of that size at `folder`; None where this machine does not let us make one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
