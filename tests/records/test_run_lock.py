"""A lock keeps others out as long as its process lives, and no longer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fnbackprop.core.errors import ConfigError
from fnbackprop.records.run_lock import is_locked, locked

ROOT = Path(__file__).parents[2]
HOLD = "import sys, time\nfrom pathlib import Path\nfrom fnbackprop.records.run_lock import locked\n"


@pytest.mark.quick
def test_free_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    for _ in range(2):
        with locked(path):
            assert is_locked(path)
        assert not is_locked(path)


def test_another_process_is_told_who_has_it_until_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = f"{HOLD}with locked(Path({str(path)!r})): print('have it', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "have it\n"
        assert is_locked(path)
        with pytest.raises(ConfigError, match=rf"is being used by process {holder.pid}, since 2"), locked(path):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert not is_locked(path)
        with locked(path):
            assert f"process {os.getpid()}," in path.read_text()
