"""A contender of the benchmarks of training, as a worker: `benchmark_contender.py NAME THREADS`."""

import importlib
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmark_worker import Message, serve

_COMPARED = 4  # losses that are told


class Contender(NamedTuple):
    """A function of `contenders`, and the packages whose versions matter."""

    file: str
    function: str
    packages: tuple[str, ...]


_JAX = ("jax", "optax")
CONTENDERS = {
    "fnbackprop": Contender("with_fnbackprop", "loop", ("fnbackprop", *_JAX)),
    "JAX, compiled loop by hand": Contender("with_jax", "loop", _JAX),
    "JAX, jit of a step": Contender("with_jax", "step", _JAX),
    "Flax, nnx.cached_partial": Contender("with_flax", "cached_partial", ("flax", *_JAX)),
    "Flax, nnx.jit": Contender("with_flax", "jit", ("flax", *_JAX)),
    "Equinox, filter_jit": Contender("with_equinox", "filter_jit", ("equinox", *_JAX)),
    "Keras on JAX, fit": Contender("with_keras", "fit", ("keras", "jax")),
    "PyTorch, fused Adam": Contender("with_torch", "eager", ("torch",)),
    "PyTorch, torch.compile": Contender("with_torch", "compiled", ("torch",)),
    "its matrix products alone": Contender("with_jax", "products", ("jax",)),
}


def main() -> None:
    """Serve the contender that the command line names, on so many threads."""
    contender, threads = CONTENDERS[sys.argv[1]], int(sys.argv[2])
    # Before anything is imported: XLA and PyTorch make as many threads as there are processors to run on.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    try:
        module = importlib.import_module(f"contenders.{contender.file}")
    except ImportError:
        return
    if "torch" in contender.packages:
        importlib.import_module("torch").set_num_threads(threads)
    backend = importlib.import_module("jax").default_backend() if "jax" in contender.packages else ""
    versions = {"python": platform.python_version(), **{name: version(name) for name in contender.packages}}
    serve({"versions": versions, "backend": backend}, Answers(getattr(module, contender.function)))


class Answers:
    """Prepares a problem, or trains the one that was prepared last."""

    def __init__(self, prepare: Callable):
        self._prepare = prepare
        self._start: Callable[[], Any] | None = None

    def __call__(self, question: Message) -> Message:
        began = time.perf_counter()
        try:
            if folder := question.get("prepare"):
                self._start = self._prepare(importlib.import_module("contenders.problem").Problem.load(Path(folder)))
                self._start()(1)
                return {"seconds": time.perf_counter() - began}
            if "calibrate" in question:
                training, numpy = map(importlib.import_module, ("fnbackprop.training", "jax.numpy"))
                return training.find_limits(numpy.float32)._asdict()
            assert self._start
            train, steps = self._start(), question["steps"]
            began = time.perf_counter()
            losses = train(steps)
            seconds = time.perf_counter() - began
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"seconds": seconds, "losses": np.asarray(losses[:_COMPARED], float).tolist()}


if __name__ == "__main__":
    main()
