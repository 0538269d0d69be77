"""64 bits or 32, inside a block."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax


@contextmanager
def bits(x64: bool, all_threads: bool = False) -> Iterator[None]:
    """Run in 64 bits where `x64`, and otherwise in 32.

    A callback runs in a thread of JAX's own, which takes note of what is set for all threads only.
    """
    before = jax.config.jax_enable_x64
    try:
        if all_threads:
            jax.config.update("jax_enable_x64", x64)
        with jax.enable_x64(x64):
            yield
    finally:
        if all_threads:
            jax.config.update("jax_enable_x64", before)
