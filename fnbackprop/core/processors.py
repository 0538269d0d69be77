"""How many processors there are to compute with."""

import os


def processors() -> int:
    """As many as this process may use: a container or a batch job may be given fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
