"""Commands that train, and that list what was trained."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .app import Allow, AnyRun, Config, Overrides, Platform, command, use


@command
def train(
    config: Config,
    overrides: Overrides = None,
    run: Annotated[
        Path | None,
        typer.Option(help="The run's folder; a run that is there goes on. By default a new runs/NAME."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Take the next free folder instead of going on.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="First show where the time of a step goes.")] = False,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Train a network, and report how it went."""
    use(platform)
    from .. import experiment

    experiment.train(config, overrides or (), run=run, fresh=fresh, allow=allow or (), profile=profile)


@command
def runs(
    folder: Annotated[Path, typer.Argument(help="The folder that runs lie in, or of one run.")] = Path("runs"),
) -> None:
    """List runs: their state, step and best figures, why they ended, and where their configs differ.

    Into a file or a pipe a line for each goes, cells apart by tabs.
    """
    from rich.console import Console

    from ..records import list_runs, runs_lines, runs_table

    found = list_runs(folder)
    if sys.stdout.isatty():
        Console().print(runs_table(found))
    else:
        typer.echo(runs_lines(found))


@command
def metrics(
    run: AnyRun, csv: Annotated[bool, typer.Option("--csv", help="As CSV, a column for each figure.")] = False
) -> None:
    """Print a run's rows of metrics: as they are, one JSON object a line, or as CSV."""
    import json

    from ..records import RunFolder, metrics_csv, read_metrics

    rows = read_metrics(RunFolder.open(run).metrics)
    typer.echo(metrics_csv(rows) if csv else "\n".join(map(json.dumps, rows)), nl=not csv)


@command
def report(
    runs: Annotated[list[Path], typer.Argument(help="The folders of runs to compare.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
) -> None:
    """Compare several runs on one page."""
    from ..records import compare_runs

    compare_runs(runs, output)
    typer.echo(f"wrote {output}")
