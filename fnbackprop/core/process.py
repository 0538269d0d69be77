"""A process that is ours alone: a command's, or a child's of it."""

import ctypes
import gc
import os
import sys

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_SAID = {"MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}


def tune_process() -> None:
    """Let Python look for garbage less often, and freed memory stay with the process.

    Imports and traces make objects by the hundred thousand, nearly all of which stay: looking through them took an
    eighth of the time from a command to its first trained step. What XLA computes in meanwhile it asks malloc for in
    each step; glibc takes large pieces from the system each time, which clears them page by page: a tenth of a step of
    a small GPT or of large minibatches. In return the process never shrinks. What the environment says of malloc is
    left as it is.
    """
    gc.set_threshold(50_000)
    said = _SAID.intersection(os.environ) or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
    if said or sys.platform != "linux":
        return
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # which only glibc has
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)
