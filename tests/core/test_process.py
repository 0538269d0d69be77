"""A command's process holds on to its memory, and looks for garbage less often."""

import gc
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
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    (first, again), (tuned, kept) = [map(int, line.split()) for line in ended.stdout.splitlines()]
    assert min(first, again, tuned) > 100 * kept


def test_a_child_looks_for_garbage_less_often() -> None:
    child = Child({})
    try:
        assert child.call(gc.get_threshold)[0] == 50_000
    finally:
        child.end()
