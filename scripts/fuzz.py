"""Throw changed bytes at everything that reads files, guided by which lines and branches they reach.

    python3 scripts/venv.py python scripts/fuzz.py [--seconds N] [TARGET…]

An input that reaches something new is kept, and changed further. Whatever ends otherwise than in a result or in the
error that is meant for it, or takes long, is a defect: the input is written to a file. Wants Python 3.12.
"""

import argparse
import gzip
import hashlib
import io
import json
import random
import resource
import sys
import tempfile
import time
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from fnbackprop.build import build_plan, read_plan
from fnbackprop.build.config_file import apply_overrides, shipped_configs
from fnbackprop.core.arrays import load_arrays, save_arrays
from fnbackprop.core.errors import FnbackpropError
from fnbackprop.data import cifar10, csv, npy, npz
from fnbackprop.data.idx import read_idx
from fnbackprop.records import Checkpoints, read_metrics

_PLACES = ("/fnbackprop/", "/tomllib/", "/zipfile/", "/numpy/lib/", "/json/", "/gzip")
_MONITORING: Any = sys.monitoring  # type: ignore[attr-defined] # since 3.12
_SLOW = 5.0  # seconds that no small input should take
_LARGEST = 1 << 14


class Target(NamedTuple):
    """What reads bytes, and good bytes to begin with; `read` gets them, and a folder to put them in."""

    read: Callable[[bytes, Path], object]
    seeds: list[bytes]


class Outcome(NamedTuple):
    """What came of a target."""

    runs: int
    kept: int
    reached: int
    slowest: float
    defects: list[str]


class Coverage:
    """How many lines and branches were reached for the first time since `new` was last asked."""

    def __init__(self) -> None:
        self._branches: set[tuple[CodeType, int, int]] = set()
        self._count = self.total = 0
        tool, events = _MONITORING.COVERAGE_ID, _MONITORING.events
        _MONITORING.use_tool_id(tool, "fuzz")
        _MONITORING.register_callback(tool, events.LINE, self._line)
        _MONITORING.register_callback(tool, events.BRANCH, self._branch)
        _MONITORING.set_events(tool, events.LINE | events.BRANCH)

    def _line(self, code: CodeType, line: int) -> object:
        self._count += any(place in code.co_filename for place in _PLACES)
        return _MONITORING.DISABLE  # it is known now

    def _branch(self, code: CodeType, source: int, target: int) -> object:
        if not any(place in code.co_filename for place in _PLACES):
            return _MONITORING.DISABLE
        known = len(self._branches)
        self._branches.add((code, source, target))
        self._count += len(self._branches) - known
        return None

    def new(self) -> int:
        """The number, which begins anew."""
        found, self._count = self._count, 0
        self.total += found
        return found


def _file(read: Callable[[Path], object], name: str) -> Callable[[bytes, Path], object]:
    def write_and_read(content: bytes, folder: Path) -> object:
        path = folder / name
        path.write_bytes(content)
        return read(path)

    return write_and_read


def _cifar(content: bytes, folder: Path) -> object:
    home = folder / "cifar10"
    home.mkdir(exist_ok=True)
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
        (home / name).write_bytes(content)
    return cifar10(folder)


def _manifest(content: bytes, folder: Path) -> object:
    path = Checkpoints(folder).path(7)
    path.mkdir(exist_ok=True)
    (path / "manifest.json").write_bytes(content)
    (path / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")
    return Checkpoints(folder).load(7)


def _override(content: bytes, _: Path) -> object:
    tables = tomllib.loads(shipped_configs()["digits_mlp"].read_text())
    return build_plan(apply_overrides(tables, [content.decode(errors="surrogateescape")]))


def _saved(write: Callable[[io.BytesIO], None]) -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def targets() -> dict[str, Target]:
    """Everything that reads what may have been made to do harm."""
    x, y = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([0, 1, 0, 1])
    idx = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (2, 2, 3)) + bytes(range(12))
    with tempfile.TemporaryDirectory() as folder:
        save_arrays(Path(folder) / "x", {"w": x, "b": y}, {"a": "b"})
        arrays = (Path(folder) / "x").read_bytes()
    record = {"bytes": 8, "sha256": "0" * 64}
    manifest = {
        **{"schema_version": 1, "step": 7, "seconds": 1.5, "since_report": 0.5, "config": "a" * 64, "data": "b" * 64},
        **{"metrics": record, "versions": {"jax": None}, "files": {"state.safetensors": record}},
        "arrays": {"state.w": {"dtype": "float32", "shape": [2], "generator": None}},
    }
    npy_files = [_saved(lambda f: np.save(f, x)), _saved(lambda f: np.save(f, np.asfortranarray(x)))]
    npz_files = [
        _saved(lambda f: np.savez(f, inputs=x, targets=y)),
        _saved(lambda f: np.savez_compressed(f, inputs=x, targets=y)),
    ]
    tables = [b"a,y,b\n1,dog,-2.5\n3e2,cat,4\n0,dog,.5\n", b'\xef\xbb\xbf"a","y"\r\n1,2\r\n3,4\r\n']
    rows = [b'{"kind": "train", "step": 1, "loss": "NaN"}\n{"kind": "test", "nodes": {"a": {"dead": 0.5}}}\n']
    return {
        "config": Target(_file(read_plan, "it.toml"), [path.read_bytes() for path in shipped_configs().values()]),
        "override": Target(_override, [b"optimizer.learning_rate=3e-4", b"model.0={module='Linear', features=3}"]),
        "idx": Target(_file(lambda path: read_idx(path, 3), "x"), [idx, gzip.compress(idx)]),
        "cifar": Target(_cifar, [bytes([3]) + bytes(3072)]),
        "csv": Target(_file(lambda path: csv(str(path), "y"), "x.csv"), tables),
        "npy": Target(_file(lambda path: npy(str(path), str(path)), "x.npy"), npy_files),
        "npz": Target(_file(lambda path: npz(str(path)), "x.npz"), npz_files),
        "manifest": Target(_manifest, [json.dumps(manifest).encode()]),
        "arrays": Target(_file(load_arrays, "x.safetensors"), [arrays]),
        "metrics": Target(_file(read_metrics, "x.jsonl"), rows),
    }


def change(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to four changes: of a bit, a byte, a number; a part gone, doubled, or from elsewhere; cut off."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randint(0, len(found)), chance.randint(1, 8)
        kind = chance.randrange(7)
        if kind == 0 and at < len(found):
            found[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            found[at : at + size] = chance.randbytes(size)
        elif kind == 2:
            number = chance.choice([0, 1, 2**7, 2**15, 2**31 - 1, 2**32 - 1, 2**60, 2**64 - 1])
            raw = (
                number.to_bytes(8, chance.choice(["little", "big"])) if chance.random() < 0.5 else str(number).encode()
            )
            found[at : at + chance.choice([0, len(raw)])] = raw
        elif kind == 3:
            del found[at : at + chance.randint(1, 64)]
        elif kind == 4:
            part = found[at : at + chance.randint(1, 64)]
            found[at:at] = part * chance.choice([1, 1, 2, 50])
        elif kind == 5:
            other = chance.choice(others)
            start = chance.randint(0, len(other))
            found[at : at + size] = other[start : start + chance.randint(1, 64)]
        else:
            del found[at:]
    return bytes(found[:_LARGEST])


def fuzz(name: str, target: Target, seconds: float, coverage: Coverage, chance: random.Random) -> Outcome:
    """Change inputs for so long."""
    corpus, defects, seen, runs, slowest = list(target.seeds), [], set(), 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        end, coverage.total = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            content = change(chance.choice(corpus), corpus, chance) if runs >= len(corpus) else corpus[runs]
            began, what = time.monotonic(), None
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    target.read(content, Path(folder))
            except FnbackpropError:
                pass
            except Exception as error:
                what = f"{type(error).__name__}: {str(error)[:80]}"
            took = time.monotonic() - began
            runs, slowest = runs + 1, max(slowest, took)
            what = what or (f"took {took:.1f} s" if took > _SLOW else None)
            if what and what not in seen:
                seen.add(what)
                path = Path(tempfile.gettempdir()) / f"fuzz-{name}-{hashlib.sha256(content).hexdigest()[:8]}"
                path.write_bytes(content)
                defects.append(f"{what} ({path})")
            if coverage.new():
                corpus.append(content)
    return Outcome(runs, len(corpus) - len(target.seeds), coverage.total, slowest, defects)


def main() -> int:
    """Fuzz the targets in turn; 0 where there was no defect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="those that are wanted; all by default")
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="draws the changes")
    arguments = parser.parse_args()
    coverage, defects = Coverage(), 0
    print("| target | inputs | kept | lines and branches | slowest, s | peak memory, MiB | defects |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name, target in targets().items():
        if arguments.targets and name not in arguments.targets:
            continue
        found = fuzz(name, target, arguments.seconds, coverage, random.Random(arguments.seed))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        told = "<br>".join(found.defects) or "none"
        print(
            f"| {name} | {found.runs:,} | {found.kept} | {found.reached:,} | {found.slowest:.2f} | {peak:,} | {told} |",
            flush=True,
        )
        defects += len(found.defects)
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
