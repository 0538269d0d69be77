"""A bar where there is a terminal, plain lines where there is none, and the terminal as it was afterwards."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, time
from pathlib import Path
from rich.console import Console
from fnbackprop.records.log import Log
from fnbackprop.records.progress import TrainingProgress

with TrainingProgress(40, Log(Path(sys.argv[1]), Console()), total_epochs=4, interval=0.2) as progress:
    for step in range(1, int(sys.argv[2])):
        progress.update(step, {"epoch": step / 10, "loss": 1 / step, "accuracy": 0.5, "examples_per_second": 2000.0})
        if step % 10 == 0:
            progress.report(f"epoch {step // 10} done")
        time.sleep(0.025)
print("the end")
"""
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("TTY_", "NO_COLOR", "COLUMNS", "LINES"))
}


def _command(tmp_path: Path, steps: int) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(tmp_path / "log.txt"), str(steps + 1)]


def _on_terminal(command: list[str], columns: int, interrupt_at: bytes | None = None) -> tuple[str, int, bool]:
    """All that reaches a terminal, the exit status, and whether its settings are as before."""
    terminal, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    before = termios.tcgetattr(child)
    environment = ENVIRONMENT | {"TERM": "xterm-256color"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=child, stdout=child, stderr=child)
    output = b""
    while process.poll() is None or _readable(terminal):
        output += os.read(terminal, 65536) if _readable(terminal) else b""
        if interrupt_at is not None and interrupt_at in output:
            process.send_signal(signal.SIGINT)
            interrupt_at = None
        time.sleep(0.01)
    same = termios.tcgetattr(child) == before
    os.close(child)
    os.close(terminal)
    return output.decode(), process.returncode, same


def _readable(terminal: int) -> bool:
    waiting = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, b"\0\0\0\0"))[0]
    return waiting > 0


def _plain(output: str) -> list[str]:
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output))


@pytest.mark.parametrize("forced", [False, True])
def test_without_a_terminal_there_are_plain_lines_now_and_then(tmp_path: Path, forced: bool):
    environment = ENVIRONMENT | ({"FORCE_COLOR": "1"} if forced else {})
    done = subprocess.run(_command(tmp_path, 40), cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert all(character.isprintable() for line in lines for character in line)
    assert [line for line in lines if line.endswith("done")] == [f"epoch {epoch} done" for epoch in range(1, 5)]
    updates = [line for line in lines if "loss" in line]
    # About one each 0.2 s in which nothing else was printed, of the 40 that there were.
    assert 2 <= len(updates) <= 8
    step = round(10 * float(updates[-1].split("/")[0].removeprefix("epoch ")))
    shown = f"epoch {step / 10:.4g}/4 · loss {1 / step:.4g} · accuracy 50.00 % · examples 2,000/s · 0:00:0"
    assert updates[-1].startswith(shown)
    assert updates[-1].endswith("left")
    kept = [line.split(" ", 1)[1] for line in (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()]
    assert kept == lines[:-1]


def test_on_a_terminal_a_bar_moves_and_is_gone_at_the_end(tmp_path: Path):
    output, status, same = _on_terminal(_command(tmp_path, 40), columns=80)
    assert status == 0
    assert same
    for part in ("epoch 1 done", "epoch 4 done"):
        assert part in output
    bar = re.compile(r"epoch [\d.]+/4 [━╸╺]+ loss 0\.\d+ · accuracy 50\.00 % · examples 2,000/s \d\d:\d\d")
    assert any(bar.fullmatch(line.strip()) for line in _plain(output))
    assert output.index("\x1b[?25l") < output.rindex("\x1b[?25h")
    # What follows the last erased line is what stays.
    assert output.rsplit("\x1b[2K", 1)[1].strip() == "the end"
    assert (tmp_path / "log.txt").read_text().count("\n") == 4


def test_ctrl_c_gives_the_terminal_back(tmp_path: Path):
    output, status, same = _on_terminal(_command(tmp_path, 2000), columns=40, interrupt_at=b"epoch 2 done")
    assert status == -signal.SIGINT
    assert "KeyboardInterrupt" in output
    # What does not fit a narrow terminal is left out whole.
    assert any(re.fullmatch(r"epoch [\d.]+/4 [━╸╺]+ loss \S+ +\S+", line.strip()) for line in _plain(output))
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")
    assert same
