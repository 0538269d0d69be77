"""`--profile` tells of every node, keeps its trace, and changes no bit of the run."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from fnbackprop import Result


def test_a_run_is_profiled_first_and_ends_in_the_same_bits(
    train: Callable[..., Result], outcome: Callable[[Path], dict[str, Any]]
) -> None:
    told = Console(file=StringIO(), width=120)
    train(run="plain")
    train(run="seen", profile=True, console=told)
    lines = [line.split() for line in told.file.getvalue().splitlines()]
    for name in ("linear_1", "dropout_1", "linear_2", "cost,", "optimizer,"):
        assert any(line[:1] == [name] for line in lines), name
    (share,) = (line for line in lines if line[:1] == ["linear_2"])
    assert share[3].isdecimal()
    assert share[4] == "%"
    assert [*Path("seen/profile").rglob("*.trace.json.gz")]
    plain, seen = outcome(Path("plain")), outcome(Path("seen"))
    assert all(plain[name] == seen[name] for name in plain)
