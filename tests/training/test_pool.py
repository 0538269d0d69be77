"""Examples on the host: the same bits as on the device, one program, and a thread that ends with whoever it serves."""

import threading
import time
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
import pytest
from jax import Array

from fnbackprop.core.config import DataConfig, PenaltiesConfig
from fnbackprop.core.errors import DataError
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.data import Examples
from fnbackprop.data.normalize import Normalization
from fnbackprop.data.rows import rows_of, take_rows
from fnbackprop.graph import Graph
from fnbackprop.modules import BatchNorm, Dropout, Linear
from fnbackprop.training import (
    HostExamples,
    Loop,
    Recipe,
    TrainState,
    compile_evaluate,
    initial_state,
    loop,
    place,
    pool,
)
from fnbackprop.training.pool import prefetched

COUNT, BATCH = 50, 8
RANDOM = np.random.default_rng(0)
EXAMPLES = Examples(RANDOM.normal(size=(60, 3)).astype(np.float32), RANDOM.integers(0, 4, 60).astype(np.int32))
EACH = 3 * 4 + 4  # bytes
TRACES: list[int] = []


def traced(x: Array) -> Array:
    """The identity, which notes that it is being traced."""
    TRACES.append(1)
    return x


NORMALIZATION = Normalization(np.float32([0.1, 0.2, 0.3]), np.float32([0.7, 1, 2]))
RECIPE = Recipe(
    Graph([Linear(8), BatchNorm(), Dropout(), traced, Linear(4)]),
    CROSS_ENTROPY,
    PenaltiesConfig(l2=1e-3),
    optax.adam(1e-2),
    optax.constant_schedule(1e-2),
    NORMALIZATION,
)


def start(examples: Any, **options: Any) -> tuple[Loop, TrainState]:
    data = DataConfig(batch_size=BATCH, **options)
    state = initial_state(RECIPE, jax.random.key(0), jax.ShapeDtypeStruct((BATCH, 3), np.float32))
    return Loop(RECIPE, data, examples, COUNT, jax.random.key(5), state), state


def on_host(steps: float = 2) -> HostExamples:
    """Pools of so many steps."""
    return HostExamples(EXAMPLES, steps * BATCH * EACH)


def figures_of(chunks: Any) -> tuple[Any, dict[str, np.ndarray]]:
    chunks = list(chunks)
    names = {*chunks[0].figures}
    figures = {name: np.concatenate([chunk.figures[name] for chunk in chunks]) for name in names}
    return jax.device_get(chunks[-1].state), figures | {"seen": np.concatenate([chunk.examples for chunk in chunks])}


def assert_same_bits(a: Any, b: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_of_a_file_the_host_never_holds_a_copy_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = RANDOM.normal(size=(50_000, 200)).astype(np.float32)  # 40 MB
    np.save(tmp_path / "inputs.npy", inputs)
    rows: Any = take_rows(np.load(tmp_path / "inputs.npy", mmap_mode="r"), order := RANDOM.permutation(len(inputs)))
    monkeypatch.setattr(pool, "_LARGEST", 2**18)
    tracemalloc.start()
    placed = place(Examples(rows, np.zeros(len(rows), np.int32)), 100.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(placed.inputs, inputs[order])
    assert peak < inputs.nbytes / 4


@pytest.mark.parametrize(
    ("steps", "options"),
    [(1, {}), (2, {"last_batch": "drop"}), (5, {"shuffle": "stratified"}), (9, {"shuffle": "once"})],
)
def test_on_the_host_the_bits_are_those_on_the_device(steps: int, options: dict[str, Any]) -> None:
    trainer, state = start(EXAMPLES, **options)
    wanted, figures = figures_of(trainer.chunks(state, 20, 6))
    trainer, state = start(on_host(steps), **options)
    # Stopped in an epoch's middle, and gone on with.
    middle, before = figures_of(trainer.chunks(state, 11, 6))
    found, after = figures_of(trainer.chunks(middle, 20, 6))
    assert_same_bits(wanted, found)
    assert_same_bits(figures, {name: np.concatenate([before[name], after[name]]) for name in figures})


def test_pools_of_all_lengths_share_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS_PER_CHUNK", 1e9)
    trainer, state = start(on_host(3))
    TRACES.clear()
    assert [chunk.last for chunk in trainer.chunks(state, 13, 100)] == [1, 3, 6, 7, 10, 13]
    assert not TRACES


@pytest.mark.parametrize("steps", [1, 0.01, 100])
def test_figures_of_a_part_are_the_same_bits(steps: float) -> None:
    examples = Examples(*(np.resize(array, (1300, *array.shape[1:])) for array in EXAMPLES))
    variables = start(EXAMPLES)[1].variables
    host = HostExamples(examples, steps * 512 * EACH)
    on_device, _ = compile_evaluate(RECIPE, variables, place(examples, 1.0))
    streamed, _ = compile_evaluate(RECIPE, variables, host)
    TRACES.clear()
    for part in (range(1300), range(7, 8), range(250, 1250), range(3, 1300, 2)):
        assert streamed(variables, host, part) == on_device(variables, place(examples, 1.0), part)
    assert not TRACES


def test_only_what_is_too_large_stays_on_the_host() -> None:
    megabytes = 60 * EACH / 1e6
    assert not isinstance(place(EXAMPLES, megabytes), HostExamples)
    found = place(EXAMPLES, megabytes - 1e-6)
    # All that is on the device at once stays within the limit.
    assert isinstance(found, HostExamples)
    assert 3 * found.room(BATCH) * BATCH * EACH <= megabytes * 1e6


def test_the_next_is_made_while_one_is_used_and_no_more() -> None:
    made: list[int] = []
    second = threading.Event()

    def make(job: int) -> int:
        made.append(job)
        if job == 1:
            second.set()
        return job

    with closing(prefetched(make, range(5))) as results:
        assert next(results) == 0
        assert second.wait(10)
    assert made == [0, 1]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("prefetch")]


def test_the_thread_ends_with_the_run_wherever_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    gather = HostExamples.gather
    monkeypatch.setattr(HostExamples, "gather", lambda self, numbers: time.sleep(0.1) or gather(self, numbers))
    trainer, state = start(on_host())
    with closing(trainer.chunks(state, 20, 100)) as chunks:
        next(chunks)
        assert threads()
    assert not threads()


def test_a_file_that_is_cut_short_ends_the_run_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, EXAMPLES.inputs)
    rows: Any = take_rows(rows_of(np.load(path, mmap_mode="r")), np.arange(60))
    trainer, state = start(on_host(1)._replace(examples=EXAMPLES._replace(inputs=rows)))
    chunks = trainer.chunks(state, 1000, 100)
    next(chunks)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"x\.npy: changed while it was in use: it had 848 bytes and has 200"):
        list(chunks)
    assert not threads()
