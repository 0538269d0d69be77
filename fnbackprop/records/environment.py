"""What a run ran on: enough to explain its numbers and speed, nothing that tells who or where."""

import platform
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..core.processors import processors

_PACKAGES = ("fnbackprop", "jax", "jaxlib", "optax", "numpy")
# An absolute path, or one from a home folder, alone or after a sign as in --run=/there.
_PATH = re.compile(r"""(?<![\w.\-/\\])(?:~[\w.\-]*|[A-Za-z]:)?[/\\][^"']*""")


Environment = dict[str, Any]


def describe_device(machine: Environment) -> str:
    """What a run computes on, in a line: "cpu: 2 cores of AMD EPYC, JAX 0.12.0"."""
    host = f"{machine['cpu']['count']} cores of {machine['cpu']['name']}"
    devices = [f"{d['count']} × {d['kind']}" for d in machine["devices"] if d["platform"] != "cpu"]
    platform, versions = machine["devices"][0]["platform"], machine["versions"]
    return f"{platform}: {', '.join([*devices, host])}; JAX {versions['jax']}, Python {versions['python']}"


def environment() -> Environment:
    """Versions, system, processor, JAX's devices and number settings, and the command line.

    No host or user name; absolute paths in the command line are replaced by "<path>". Starts JAX's backend.
    """
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES},
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": {"name": _cpu_name(), "count": processors()},
        "devices": _devices(),
        "numbers": _numbers(),
        "command": [Path(sys.argv[0]).name, *(_PATH.sub("<path>", argument) for argument in sys.argv[1:])],
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:  # run from its sources
        return None


def _cpu_name() -> str:
    try:
        if sys.platform == "darwin":
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, subprocess.SubprocessError, StopIteration):
        return platform.processor() or platform.machine()


def _devices() -> list[dict[str, Any]]:
    import jax

    kinds = Counter((device.platform, device.device_kind) for device in jax.devices())
    return [{"platform": platform, "kind": kind, "count": count} for (platform, kind), count in kinds.items()]


def _numbers() -> dict[str, Any]:
    import jax

    return {
        "default_float": jax.numpy.zeros(()).dtype.name,
        "enable_x64": jax.config.jax_enable_x64,
        "default_matmul_precision": jax.config.jax_default_matmul_precision,
    }
