"""The command that trains a grid of settings."""

from pathlib import Path
from typing import Annotated

import typer

from .app import Allow, Config, Platform, command, use


@command
def sweep(
    config: Config,
    overrides: Annotated[
        list[str],
        typer.Argument(metavar="KEY=[VALUE,...]...", help="Keys to vary: optimizer.learning_rate=[1e-4,1e-3]"),
    ],
    run: Annotated[
        Path | None, typer.Option(help="The sweep's folder, sweeps/NAME by default. One that is there goes on.")
    ] = None,
    points_at_once: Annotated[
        int | None, typer.Option(min=1, help="Most points side by side; as many as fit into memory by default.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Each point alone: the same bits as train gives.")] = False,
    keep_runs: Annotated[bool, typer.Option("--keep-runs", help="Write each point's run folder.")] = False,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Train a config at every point of a grid, and compare the settings."""
    use(platform)
    from .. import sweeps

    sweeps.sweep(
        config,
        overrides,
        run=run,
        points_at_once=points_at_once,
        strict=strict,
        keep_runs=keep_runs,
        allow=allow or (),
    )
