"""W12: training on an array that stays on the disk, beside the same array on the device.

A worker is `benchmark_disk.py FOLDER PLACE`, where PLACE is "disk" or "device".
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from benchmark_worker import Message, Worker, serve
from rich.table import Table

# MNIST's shape, as raw bytes and as numbers; the network and batch of W2.
_PIXELS, _CLASSES, _WIDTHS, _BATCH = 784, 10, (512, 256), 128
_LAYOUTS = ("uint8", "float32")
_BYTES, _QUICK_BYTES, _LIMIT = 4_000_000_000, 200_000_000, 60.0  # the last in megabytes, on the device
_PLACES = ("device", "disk")
_PATIENCE = 600.0


def run(quick: bool, torch_python: Path) -> tuple[Table, dict[str, Any]]:
    """Both in turn, each in a process of its own that has trained already; the order of examples is the same."""
    size, rounds, steps = (_QUICK_BYTES, 3, 200) if quick else (_BYTES, 5, 600)
    table = Table(title=f"W12: {size / 1e9:g} GB from disk, {_LIMIT:g} MB of it on the device, batch {_BATCH}")
    for heading in ("", "", "samples/s", "median", "× on device", "median", "peak MB", "of its own"):
        table.add_column(heading, justify="right" if heading else "left")
    data: dict[str, Any] = {"bytes": size, "limit_megabytes": _LIMIT, "steps": steps}
    for layout in _LAYOUTS:
        with tempfile.TemporaryDirectory() as scratch:
            _write(Path(scratch), layout, size)
            data[layout] = found = _race(scratch, rounds, steps)
        best = {place: max(each["rates"]) for place, each in found.items()}
        middle = {place: median(each["rates"]) for place, each in found.items()}
        for place in _PLACES:
            ratios = f"{best[place] / best['device']:.2f}", f"{middle[place] / middle['device']:.2f}"
            rates = f"{best[place]:,.0f}", f"{middle[place]:,.0f}"
            memory = (f"{found[place][name] / 1e6:,.0f}" for name in ("peak", "own"))
            table.add_row(layout, place, *rates, *ratios, *memory)
    return table, data


def _write(folder: Path, layout: str, size: int) -> None:
    """Noise, of which a block is drawn once and rolled: no two rows are the same."""
    count = size // (_PIXELS * np.dtype(layout).itemsize)
    path = folder / "inputs.npy"
    inputs = np.lib.format.open_memmap(path, "w+", np.dtype(layout), (count, _PIXELS))
    block = np.random.default_rng(0).integers(0, 256, 2**24, np.uint8).astype(layout)
    for start in range(0, count, rows := 2**23 // _PIXELS):
        own = inputs[start : start + rows]
        own[:] = block[start // rows :][: own.size].reshape(own.shape)
    inputs.flush()
    np.save(folder / "targets.npy", np.random.default_rng(1).integers(0, _CLASSES, count))


def _race(folder: str, rounds: int, steps: int) -> dict[str, Any]:
    workers = {place: Worker(Path(sys.executable), Path(__file__), folder, place) for place in _PLACES}
    found: dict[str, Any] = {place: {"rates": []} for place in _PLACES}
    try:
        for turn in range(rounds + 1):
            for place, worker in workers.items():
                answer = worker.ask({"steps": steps}, _PATIENCE)
                if answer is None:
                    raise RuntimeError(f"the worker of {place} ended, or took more than {_PATIENCE:.0f} s")
                if turn:  # the first compiles
                    found[place]["rates"].append(steps * _BATCH / answer["seconds"])
                found[place] |= {name: answer[name] for name in ("peak", "own", "losses")}
    finally:
        for worker in workers.values():
            worker.close()
    if found["disk"]["losses"] != found["device"]["losses"]:
        raise RuntimeError("training from disk and on the device gave other losses")
    return found


def main() -> None:
    """Serve one of the two."""
    folder, place = Path(sys.argv[1]), sys.argv[2]
    train = _prepare(folder, _LIMIT if place == "disk" else 1e6)

    own = 0

    def answer(question: Message) -> Message:
        nonlocal own
        began, losses = time.perf_counter(), []
        for chunk in train(question["steps"]):
            losses += chunk.figures["loss"].tolist()
            own = max(own, _own_bytes())
        seconds = time.perf_counter() - began
        # KiB, and with the pages of files, which the system takes back when it needs them.
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"seconds": seconds, "peak": peak, "own": own, "losses": losses[-4:]}

    serve({"place": place}, answer)


def _prepare(folder: Path, limit: float) -> Callable[[int], Iterable[Any]]:
    """Trains so many steps from the start, through a run's own loop."""
    import jax
    import optax

    from fnbackprop import modules, training
    from fnbackprop.core.config import DataConfig, PenaltiesConfig
    from fnbackprop.costs import CROSS_ENTROPY
    from fnbackprop.data import npy, split
    from fnbackprop.data.normalize import Normalization
    from fnbackprop.graph import Graph

    splits = split(npy(str(folder / "inputs.npy"), str(folder / "targets.npy")), 0, 0.01, 0)
    hidden = [module for width in _WIDTHS for module in (modules.Linear(width), modules.ReLU())]
    model = Graph([*hidden, modules.Linear(_CLASSES)])
    scale = Normalization(np.full(1, 127.5, np.float32), np.full(1, 73.9, np.float32))
    rate = optax.constant_schedule(1e-3)
    recipe = training.Recipe(model, CROSS_ENTROPY, PenaltiesConfig(), training.adam(1e-3), rate, scale)
    inputs = jax.ShapeDtypeStruct((_BATCH, _PIXELS), np.float32)

    def state() -> training.TrainState:
        return training.initial_state(recipe, jax.random.key(0), inputs)

    config, key = DataConfig(batch_size=_BATCH), jax.random.key(1)
    loop = training.Loop(recipe, config, training.place(splits.examples, limit), len(splits.train), key, state())
    return lambda steps: loop.chunks(state(), steps)


def _own_bytes() -> int:
    """Resident memory that is no part of a file, where Linux tells."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


if __name__ == "__main__":
    main()
