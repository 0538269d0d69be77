"""The folder of a sweep, and what is written into it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from rich.console import Console

from .. import build, records, training
from ..core.atomic import write_atomically
from ..core.stopping import StopWish
from ..data.digest import data_digest
from ..experiment.run import Run
from .axes import Axis
from .groups import Member
from .same_sweep import check_same
from .turn import Trained


class SweepFolder(NamedTuple):
    """Where a sweep is written down; `run` holds its lock."""

    run: records.RunFolder

    @property
    def path(self) -> Path:
        return self.run.path

    @property
    def results(self) -> Path:
        return self.path / "results.jsonl"

    @property
    def best(self) -> Path:
        return self.path / "best.toml"

    def point(self, name: str) -> Path:
        """The run folder of a point."""
        return self.path / "points" / name

    def describe(
        self, plain: Sequence[str], axes: Sequence[Axis], members: Sequence[Member], strict: bool
    ) -> list[str]:
        """Write sweep.toml; the harmless differences to the one there, a line each. Raises what `check_same` does."""
        base = build.config_tables(members[0].plan, members[0].data)
        keys = {axis.key: list(axis.values) for axis in axes}
        digest = data_digest(members[0].data.splits)
        said: dict[str, Any] = {"overrides": list(plain), "strict": strict, "data": digest, "axes": keys}
        path = self.path / "sweep.toml"
        changes = check_same(path, said, members[0]) if path.exists() else []
        write_atomically(path, tomli_w.dumps(said | {"first_point": base}))
        return changes

    def keep(self, trained: Trained, name: str) -> None:
        """Write a point's run folder, as `train` does."""
        member = trained.member
        parent = self.point(member.point.name)
        parent.mkdir(parents=True, exist_ok=True)
        run = records.RunFolder(parent)
        log = records.Log(None, Console(quiet=True))
        digests = (
            build.config_digest(build.comparable_tables(member.plan, member.data)),
            data_digest(member.data.splits),
        )
        it = Run(name, member.plan, member.data, run, log, StopWish(), *digests)
        write_atomically(run.config, build.config_text(member.plan, member.data))
        run.metrics.unlink(missing_ok=True)
        metrics = records.MetricsLog(run.metrics)
        for row in trained.rows:
            metrics.append(row)
        status = records.Status(run.status, build.total_steps(member.plan, member.data))
        if trained.diverged:
            status.tell("failed", "diverged: a loss, a gradient or a parameter is not finite")
        else:
            training.save_trained(run.model, it.trained(trained.variables))
            status.tell("done")
