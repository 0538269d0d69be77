"""What can happen to a run: each case does it, and says whether the run was lost."""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from fnbackprop import CheckpointError
from fnbackprop.records import Checkpoints

from .lab import Lab, obeying_permissions, outcome, small_disk, write_flowers


class Case(NamedTuple):
    """A fault: `happens(lab, run, planted, random)` is True where the run survived it, None where it cannot be made."""

    name: str
    happens: Callable[[Lab, str, str | None, random.Random], bool | None]
    planted: str  # the protection that is broken to see that the case can fail
    times: int  # in the long run
    faults: int = 1  # each time


KILLS = 3  # of one run, one after the other


def killed_while_training(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """`kill -9` at random times of the training."""
    for _ in range(KILLS):
        with lab.start(run, planted=planted) as process:
            log = lab.folder / run / "log.txt"
            told = log.stat().st_size if log.exists() else 0
            # The last thing that is said before the training.
            lab.wait(process, lambda log=log, told=told: log.exists() and b"compiled in" in log.read_bytes()[told:])
            time.sleep(chance.uniform(0, 1.2))
            process.kill()
    return lab.ends_as_whole(run, planted)


def killed_while_saving(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """`kill -9` as a checkpoint is being written, a random one each time."""
    saves = lab.folder / run / "checkpoints"

    def writing(wanted: int) -> bool:
        names = [path.name for path in saves.iterdir()] if saves.is_dir() else []
        # Planted, it is written in its place.
        return lab.step(run) >= wanted and any(name.startswith("step-" if planted else ".step-") for name in names)

    for _ in range(KILLS):
        wanted = lab.step(run) + chance.randrange(0, 2100, 300)
        with lab.start(run, planted=planted) as process:
            lab.wait(process, lambda wanted=wanted: writing(wanted))
            time.sleep(chance.uniform(0.02, 0.2) if planted else chance.uniform(0, 0.003))
            process.kill()
    return lab.ends_as_whole(run, planted)


def stopped(number: int, times: int, code: int) -> Callable[[Lab, str, str | None, random.Random], bool]:
    """A signal so many times; the exit code tells of it, and what was saved is gone on from."""

    def happens(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
        with lab.start(run, planted=planted) as process:
            lab.wait(process, lambda: lab.step(run) > 0)
            time.sleep(chance.uniform(0, 0.5))
            began = time.monotonic()
            for _ in range(times):
                process.send_signal(number)
                time.sleep(0.005)
            _, said = process.communicate(timeout=60)
        # Two signals within one chunk may be heard as one.
        in_time, told = time.monotonic() - began < 10, "stopped" in said and "Traceback" not in said
        right = process.returncode == code and lab.status(run)["state"] == "stopped" and told and in_time
        finished = process.returncode == 0 and planted is None  # it came too late to matter
        return (right or finished) and lab.ends_as_whole(run)

    return happens


def full_disk(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool | None:
    """A disk that fills up during the training: exit 5, and with more space the run goes on."""
    with small_disk(lab.folder / run, "2m") as disk:
        if disk is None:
            # Metrics outgrow a checkpoint in time.
            return _fails_to_save(lab, run, lab.train(run, planted=planted, limit=chance.randrange(8_000, 11_000)))
        with lab.start(f"{run}/run", planted=planted) as process:
            lab.wait(process, lambda: lab.step(f"{run}/run") > 300 * chance.randrange(1, 4))
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as file:
                _fill(file.write)
            _, said = process.communicate(timeout=120)
        filler.unlink()
        return _fails_to_save(lab, f"{run}/run", subprocess.CompletedProcess("", process.returncode, "", said))


def _fill(write: Callable[[bytes], object]) -> None:
    try:
        while True:
            write(bytes(512))
    except OSError:
        return


def _fails_to_save(lab: Lab, run: str, process: subprocess.CompletedProcess[str]) -> bool:
    told, kept = process.returncode == 5 and "Traceback" not in process.stderr, lab.step(run) > 0
    told = told and lab.status(run)["state"] == "failed"
    return told and kept and lab.ends_as_whole(run)


def permission_lost(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool | None:
    """The permission to write to the run's folders is lost during the training."""
    unprivileged = obeying_permissions()
    if unprivileged is None:
        return None
    saves = lab.folder / run / "checkpoints"
    with lab.start(run, planted=planted, unprivileged=unprivileged) as process:
        lab.wait(process, lambda: lab.step(run) > 300 * chance.randrange(1, 4))
        for folder in (saves, saves.parent):
            folder.chmod(0o555)
        _, said = process.communicate(timeout=120)
    for folder in (saves, saves.parent):
        folder.chmod(0o755)
    return _fails_to_save(lab, run, subprocess.CompletedProcess("", process.returncode, "", said))


def flipped_bit(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """One bit of the newest checkpoint: the restart names it, and goes on from the one before."""
    with lab.start(run) as process:
        lab.wait(process, lambda: lab.step(run) >= 1200)
        process.kill()
    newest = lab.folder / run / "checkpoints" / f"step-{lab.step(run):09}"
    file = chance.choice(sorted(newest.iterdir()))
    flip(file, chance.randrange(8 * file.stat().st_size))
    process = lab.train(run, planted=planted)
    return f"{newest.name} is skipped" in process.stdout and lab.ends_as_whole(run, planted)


def flipped_bit_in_place(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """One bit of any file of a checkpoint: it is not read."""
    if planted:
        return flipped_bit(lab, run, planted, chance)
    checkpoints = Checkpoints(lab.folder / "whole" / "checkpoints")
    newest = checkpoints.steps()[-1]
    file = chance.choice(sorted(checkpoints.path(newest).iterdir()))
    bit = chance.randrange(8 * file.stat().st_size)
    flip(file, bit)
    try:
        checkpoints.load(newest)
    except CheckpointError:
        return True
    finally:
        flip(file, bit)
    return False


def flip(path: Path, bit: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def changed_data(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """Data that are truncated, gone, or other than before: exit 3; with the old data the run goes on."""
    data = lab.folder / "flowers.csv"
    with lab.start(run, planted=planted) as process:
        lab.wait(process, lambda: lab.step(run) >= 600)
        process.kill()
    refused = []
    for damage in (
        lambda: data.write_bytes(data.read_bytes()[: chance.randrange(1500)]),
        data.unlink,
        lambda: data.write_text(data.read_text().replace("1", "2", 1)),
    ):
        damage()
        refused.append(lab.train(run, planted=planted).returncode == 3)
        write_flowers(data)
    return all(refused) and lab.ends_as_whole(run)


def not_a_number(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """NaN at a chosen step: exit 4, the step and its node named, and nothing saved that is not finite."""
    at = chance.randrange(700, 1400)
    poisoned = ("--allow", "own_modules", f"model.1={{module='own_modules:Poison', at={at}}}")
    process = lab.train(run, *poisoned, planted=planted)
    said, status = process.stderr, lab.status(run)
    named = f"step {at}: the loss is nan" in said and "first at node 'poison_1', forward" in said
    return process.returncode == 4 and named and status["state"] == "failed" and lab.step(run) == at // 300 * 300


def two_in_one_folder(lab: Lab, run: str, planted: str | None, chance: random.Random) -> bool:
    """A second process on the folder of a run: exit 2, and the first does not notice."""
    with lab.start(run, planted=planted) as process:
        lab.wait(process, lambda: (lab.folder / run / "status.json").exists())
        second = lab.train(run, planted=planted)
        process.communicate(timeout=120)
    told = f"is being used by process {process.pid}, since" in second.stderr
    return second.returncode == 2 and told and process.returncode == 0 and outcome(lab.folder / run) == lab.whole


CASES = (
    Case("kill -9 while training", killed_while_training, "uncut_metrics", 6, KILLS),
    Case("kill -9 while saving", killed_while_saving, "half_saves", 6, KILLS),
    Case("Ctrl-C once", stopped(signal.SIGINT, 1, 130), "deaf", 3),
    Case("Ctrl-C twice", stopped(signal.SIGINT, 2, 130), "deaf", 3),
    Case("SIGTERM", stopped(signal.SIGTERM, 1, 143), "deaf", 3),
    Case("disk full", full_disk, "careless_disk", 3),
    Case("permission to write lost", permission_lost, "careless_disk", 3),
    Case("one bit flipped in a checkpoint, read", flipped_bit_in_place, "no_hashes", 600),
    Case("one bit flipped in a checkpoint, run gone on with", flipped_bit, "no_hashes", 3),
    Case("data truncated, missing, changed", changed_data, "any_data", 1, 3),
    Case("NaN at a step", not_a_number, "any_numbers", 3),
    Case("two processes, one folder", two_in_one_folder, "open_doors", 3),
)


def try_case(case: Case, lab: Lab, times: int, planted: bool, seed: int = 0) -> tuple[int, int]:
    """How many faults there were, and how many the runs survived."""
    tried = survived = 0
    for number in range(times):
        run = f"{case.name.replace(' ', '_').replace(',', '')}-{number}-{'planted' if planted else 'real'}"
        shutil.rmtree(lab.folder / run, ignore_errors=True)
        result = case.happens(
            lab, run, case.planted if planted else None, random.Random(f"{seed} {case.name} {number}")
        )
        if result is not None:
            tried, survived = tried + case.faults, survived + result * case.faults
    return tried, survived
