"""Runs never share a folder, are never written over, and say what they lack."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fnbackprop.core.errors import CheckpointError, ConfigError
from fnbackprop.records import RunFolder

ROOT = Path(__file__).parents[2]


@pytest.mark.quick
def test_at_makes_the_folder_and_its_parents(tmp_path: Path):
    run = RunFolder.at(tmp_path / "runs" / "a")
    assert run.path.is_dir()


@pytest.mark.quick
@pytest.mark.parametrize("name", ["lock", "config.toml"])
def test_at_takes_an_empty_folder_and_that_of_a_run_and_no_other(tmp_path: Path, name: str):
    assert RunFolder.at(tmp_path).path == tmp_path
    (tmp_path / "precious").write_text("precious")
    with pytest.raises(ConfigError, match=r"not empty, and holds no run.*--run"):
        RunFolder.at(tmp_path)
    (tmp_path / name).write_text("")
    assert RunFolder.at(tmp_path).path == tmp_path


@pytest.mark.quick
@pytest.mark.parametrize("take", [RunFolder.at, RunFolder.open])
def test_links_and_pipes_are_refused(tmp_path: Path, take: Callable[[Path], RunFolder]):
    run, outside = tmp_path / "run", tmp_path / "outside"
    run.mkdir()
    (run / "config.toml").write_text("")
    outside.write_text("precious")
    (run / "metrics.jsonl").symlink_to(outside)
    with pytest.raises(ConfigError, match=r"holds a link, metrics\.jsonl"):
        take(run)
    (run / "metrics.jsonl").unlink()
    os.mkfifo(run / "status.json")
    with pytest.raises(ConfigError, match=r"holds a pipe or a device, status\.json"):
        take(run)


@pytest.mark.quick
def test_fresh_never_takes_what_is_there(tmp_path: Path):
    (tmp_path / "a").mkdir()
    assert RunFolder.fresh(tmp_path / "a").path == tmp_path / "a"
    (tmp_path / "a" / "lock").write_text("")
    assert [RunFolder.fresh(tmp_path / "a").path.name for _ in range(2)] == ["a-2", "a-3"]
    assert RunFolder.fresh(tmp_path / "new" / "b").path == tmp_path / "new" / "b"


@pytest.mark.quick
def test_at_refuses_a_file_and_a_path_below_one(tmp_path: Path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ConfigError, match=r"file is a file, or in one; give another"):
        RunFolder.at(tmp_path / "file")
    with pytest.raises(ConfigError, match="below is a file, or in one"):
        RunFolder.at(tmp_path / "file" / "below")
    with pytest.raises(ConfigError, match="it is a file"):
        RunFolder.next_free(tmp_path / "file", "a")
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.quick
@pytest.mark.parametrize("make", [RunFolder.at, RunFolder.fresh])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_disk_that_lets_no_run_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], RunFolder], number: int
):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(CheckpointError, match=rf"run folder {tmp_path}/it: {os.strerror(number)}; give another"):
        make(tmp_path / "it")


@pytest.mark.quick
def test_next_free_counts_on(tmp_path: Path):
    (tmp_path / "a-2").mkdir()
    names = [RunFolder.next_free(tmp_path, "a").path.name for _ in range(3)]
    assert names == ["a", "a-3", "a-4"]


def _race(program: str) -> list[list[str]]:
    command = [sys.executable, "-c", f"from fnbackprop.records.run_folder import *\n{program}"]
    racers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [racer.communicate()[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    return outputs


def test_processes_that_race_never_get_the_same_folder(tmp_path: Path):
    # Each waits for the others at a file of its own, so that all of them run at once.
    start = f"""
import os, time
parent = Path({str(tmp_path)!r})
(parent / f"ready-{{os.getpid()}}").touch()
while len(list(parent.glob("ready-*"))) < 3: time.sleep(0.001)
"""
    program = """
for _ in range(40): print(RunFolder.next_free(parent / "free", "run").path.name)
for number in range(40):
    try:
        with RunFolder.at(parent / "same" / str(number)).locked():
            (parent / "same" / str(number) / "taken").touch(exist_ok=False)
            print(number)
            time.sleep(0.01)
    except (ConfigError, FileExistsError): pass
"""
    taken = [name for output in _race(start + program) for name in output]
    assert sorted(taken) == sorted(["run", *(f"run-{i}" for i in range(2, 121)), *map(str, range(40))])


@pytest.mark.quick
def test_open_wants_the_folder_of_a_run(tmp_path: Path):
    with pytest.raises(ConfigError, match="none is missing; give the folder of a run"):
        RunFolder.open(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"has no config\.toml"):
        RunFolder.open(tmp_path)
    (tmp_path / "config.toml").write_text("seed = 0\n")
    assert RunFolder.open(tmp_path).config.read_text() == "seed = 0\n"
    with pytest.raises(ConfigError, match=r"config\.toml is a file"):
        RunFolder.open(tmp_path / "config.toml")


@pytest.mark.quick
def test_require_names_all_that_is_missing(tmp_path: Path):
    run = RunFolder(tmp_path)
    run.metrics.write_text("")
    assert run.require(run.metrics) == run
    with pytest.raises(ConfigError, match=r"no model\.safetensors and no report\.html"):
        run.require(run.model, run.metrics, run.report)


@pytest.mark.quick
def test_file_names_are_those_of_the_documentation(tmp_path: Path):
    run = RunFolder(tmp_path)
    files = (run.config, run.environment, run.metrics, run.log, run.status, run.report, run.model, run.checkpoints)
    names = "config.toml environment.json metrics.jsonl log.txt status.json report.html model.safetensors checkpoints"
    assert [file.relative_to(tmp_path).as_posix() for file in files] == names.split()
