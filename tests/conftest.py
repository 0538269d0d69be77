"""Shapes and types in signatures are enforced while the tests run; and what many tests break files with."""

import os
from collections.abc import Callable

import jax
import pytest
from hypothesis import strategies as st
from jaxtyping import install_import_hook

# What tests compile is no use to the user's cache, neither here nor in their child processes.
jax.config.update("jax_enable_compilation_cache", False)
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")
# Not pytest's option --jaxtyping-packages: by then the package's own pytest plugin has been imported.
install_import_hook("fnbackprop", "beartype.beartype")


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
