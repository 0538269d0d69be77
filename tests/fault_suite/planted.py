"""The command with one of its protections broken on purpose: python planted.py NAME train … .

A fault that does no harm here either is a fault that the suite cannot see.
"""

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fnbackprop.core import stopping
from fnbackprop.records import checkpoints, metrics, run_folder


def uncut_metrics() -> None:
    """Going on leaves the rows of the steps that are taken again."""
    init = metrics.MetricsLog.__init__
    metrics.MetricsLog.__init__ = lambda self, path, at=None, *follow: init(self, path, None, *follow)
    from fnbackprop.experiment import start

    start.records.holds = lambda path, mark: True


def half_saves() -> None:
    """A checkpoint is written in its place, slowly, the manifest first; and taken for whole."""
    write = checkpoints.write_manifest

    @contextlib.contextmanager
    def in_place(path: Path) -> Iterator[Path]:
        path.mkdir()
        yield path

    def manifest_first(folder: Path, manifest: checkpoints.Manifest) -> None:
        state = folder / "state.safetensors"
        content = state.read_bytes()
        state.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))  # as after a power cut
        write(folder, manifest)
        time.sleep(0.3)
        state.write_bytes(content)

    checkpoints.appearing_folder, checkpoints.write_manifest = in_place, manifest_first
    no_hashes()


def no_hashes() -> None:
    """What is in a file is not compared with its SHA-256."""
    from fnbackprop.records import manifest

    manifest._digest = lambda content: b""
    manifest.read_plain = lambda path, limit: b"" if path.suffix == ".sha256" else path.read_bytes()
    checkpoints.FileRecord.__eq__ = lambda self, other: True  # type: ignore[method-assign]
    checkpoints.read_plain = lambda path, limit: path.read_bytes()


def deaf() -> None:
    """Signals do what they do to any program."""

    @contextlib.contextmanager
    def nothing() -> Iterator[stopping.StopWish]:
        yield stopping.StopWish()

    from fnbackprop.experiment import story

    story.stop_wish = nothing


def careless_disk() -> None:
    """A save that fails is passed over, after the checkpoints before it were deleted to make space."""
    save = checkpoints.Checkpoints.save

    def careless(self: checkpoints.Checkpoints, *arguments: object) -> None:
        for step in self.steps():
            shutil.rmtree(self.path(step), ignore_errors=True)
        with contextlib.suppress(Exception):
            save(self, *arguments)  # type: ignore[arg-type]

    checkpoints.Checkpoints.save = careless  # type: ignore[method-assign]


def any_data() -> None:
    """The hash of the data is the same for all data."""
    from fnbackprop.experiment import story

    story.data_digest = lambda splits: "0" * 64


def any_numbers() -> None:
    """Nobody looks whether numbers are finite."""
    from fnbackprop import training

    training.check_finite = training.check_variables = lambda *_: None
    training.trained.check_variables = lambda *_: None


def open_doors() -> None:
    """Everyone gets the lock."""
    run_folder.locked = lambda path: contextlib.nullcontext()


if __name__ == "__main__":
    {
        plant.__name__: plant
        for plant in (any_data, any_numbers, careless_disk, deaf, half_saves, no_hashes, open_doors, uncut_metrics)
    }[sys.argv.pop(1)]()
    from fnbackprop.cli import main

    main()
