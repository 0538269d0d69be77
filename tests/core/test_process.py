"""A command's process holds on to its memory, and looks for garbage less often."""

import gc
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fnbackprop.core.child import Child

# Python's own small objects have their own memory; this is malloc's.
SCRIPT = """
import resource
from fnbackprop.core.process import tune_process

def pages_taken():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"1" * 2**26
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(pages_taken(), pages_taken())
tune_process()
print(pages_taken(), pages_taken())
"""


_HUGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
countable = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or "[always]" in (_HUGE.read_text() if _HUGE.is_file() else ""),
    reason="wants glibc's malloc, and pages of one size",
)
PAGES = 2**26 // resource.getpagesize()


@countable
def test_freed_memory_is_used_again() -> None:
    *taken, kept = _pages({})
    assert kept < PAGES / 100 < 0.9 * PAGES < min(taken)


@countable
@pytest.mark.parametrize(
    "said", [{"MALLOC_TRIM_THRESHOLD_": "131072"}, {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=131072"}]
)
def test_what_the_environment_says_of_malloc_is_left_alone(said: dict[str, str]) -> None:
    assert min(_pages(said)) > 0.9 * PAGES


@countable
def test_what_it_says_of_something_else_does_not_matter() -> None:
    assert _pages({"GLIBC_TUNABLES": "glibc.rtld.optional_static_tls=512"})[3] < PAGES / 100


def _pages(more: dict[str, str]) -> list[int]:
    """Taken for 64 MB, twice before it is tuned and twice after."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC", "GLIBC"))} | more
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return [int(each) for each in ended.stdout.split()]


def test_a_child_looks_for_garbage_less_often() -> None:
    child = Child({})
    try:
        assert child.call(gc.get_threshold)[0] == 50_000
    finally:
        child.end()
