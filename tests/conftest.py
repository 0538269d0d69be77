"""Shapes and types in signatures are enforced while the tests run; and what many tests break files with."""

import gc
import os
import signal
import tempfile
from collections.abc import Callable

import jax
import jaxtyping
import pytest
from hypothesis import strategies as st
from jaxtyping import install_import_hook

# What tests compile is no use to the user's cache. They compile the same training programs often, in several processes:
# these share a cache of their own, which the first one makes and takes away.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    cache = tempfile.TemporaryDirectory(prefix="fnbackprop-tests-", ignore_cleanup_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = cache.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    jax.config.update("jax_compilation_cache_dir", cache.name)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
# Most of what is compiled here runs once, on a few numbers: it is not worth optimising, nor cutting up for threads.
os.environ["XLA_FLAGS"] = (
    "--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=1 " + os.environ.get("XLA_FLAGS", "")
)
# Traces stay; looking for garbage among them takes a twentieth of the time.
gc.set_threshold(50_000)
# In the background of a script Ctrl-C is ignored, by children too, to which tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Not pytest's option --jaxtyping-packages: by then the package's own pytest plugin has been imported.
install_import_hook("fnbackprop", "beartype.beartype")


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures are not enforced, as for users."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="session")
def damaged() -> Callable[[bytes], st.SearchStrategy[bytes]]:
    """Strategies for what a disk, a network or an enemy makes of a good file."""

    def make(good: bytes) -> st.SearchStrategy[bytes]:
        place = st.integers(0, len(good))
        cut = place.map(lambda end: good[:end])
        patched = st.tuples(place, st.binary(min_size=1, max_size=8)).map(
            lambda patch: good[: patch[0]] + patch[1] + good[patch[0] + len(patch[1]) :]
        )
        inserted = st.tuples(place, st.binary(min_size=1, max_size=8)).map(
            lambda patch: good[: patch[0]] + patch[1] + good[patch[0] :]
        )
        return st.one_of(st.binary(max_size=64), cut, patched, inserted)

    return make
