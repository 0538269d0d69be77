"""A command's process holds on to its memory, and looks for garbage less often."""

import gc
import os
import platform
import subprocess
import sys

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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc")
def test_freed_memory_is_used_again() -> None:
    assert _pages({})[3] == pytest.approx(0, abs=100)
    assert min(_pages({})[:3]) > 10_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc")
def test_what_the_environment_says_of_malloc_is_left_alone() -> None:
    assert min(_pages({"MALLOC_TRIM_THRESHOLD_": "131072"})) > 10_000


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
