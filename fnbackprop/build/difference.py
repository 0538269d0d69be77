"""Whether two configs describe the same training, and where they do not."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..core.tables import leaves, telling_keys
from .registry import SCHEDULE

# What changes no bit of the steps that a run has taken: how long it goes on, on how many devices, what is written down,
# where data lie, on the disk and on the device.
_HARMLESS = (
    "best",
    "checkpoint",
    "data.device_megabytes",
    "data.folder",
    "health",
    "trackers",
    "training.devices",
    "training.epochs",
    "training.report_every",
    "training.steps",
)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The keys in which two comparable configs differ, a line each: those that matter, and those that are harmless."""
    a, b = dict(leaves(before)), dict(leaves(now))
    changed = [k for k in sorted(telling_keys(a, b)) if k not in a or k not in b or a[k] != b[k]]
    lines = {key: f"{key}: {_text(a, key)} before, {_text(b, key)} now{_remedy(a, b, key)}" for key in changed}
    matters = [lines[key] for key in changed if not _is_harmless(key)]
    return matters, [lines[key] for key in changed if _is_harmless(key)]


def config_digest(tables: Mapping[str, Any]) -> str:
    """SHA-256 of what matters in a comparable config."""
    # 1 and 1.0 are the same number to `differences` too.
    same = {key: float(value) if type(value) is int else value for key, value in leaves(tables)}
    matters = {key: value for key, value in same.items() if not _is_harmless(key)}
    return hashlib.sha256(json.dumps(matters, sort_keys=True).encode()).hexdigest()


def _is_harmless(key: str) -> bool:
    return any(key == harmless or key.startswith(f"{harmless}.") for harmless in _HARMLESS)


def _remedy(a: Mapping[str, Any], b: Mapping[str, Any], key: str) -> str:
    """What to do where a schedule, left to the run's length, would change steps that were taken."""
    table, _, name = key.rpartition(".")
    if table != "optimizer.learning_rate" or name not in SCHEDULE.left_to_the_run or not (key in a and key in b):
        return ""
    shorter = b[key] < a[key]
    longer = f"{key}={_text(a, key)} keeps it, and the rate stays where it ends; --fresh trains anew"
    remedy = "a run that is to end sooner can be stopped (Ctrl-C)" if shorter else longer
    return f"; it follows the run's length where it is left out: {remedy}"


def _text(found: Mapping[str, Any], key: str) -> str:
    return json.dumps(found[key], ensure_ascii=False) if key in found else "unset"
