"""The command that checks derivatives."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from .app import Allow, Platform, command, use


@command
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Rules of ours, package.file:rule of yours, or configs, with overrides. All of ours by default."
        ),
    ] = None,
    args: Annotated[str | None, typer.Option(help="package.file:examples, the arguments of your rule.")] = None,
    level: Annotated[Literal["fast", "full"], typer.Option(help="How thoroughly.")] = "fast",
    seed: Annotated[int, typer.Option(min=0, help="Draws points and cotangents.")] = 0,
    only: Annotated[
        list[str] | None, typer.Option(help="A check to run, as kinks, instead of all; may be given again.")
    ] = None,
    surrogate: Annotated[
        str | None, typer.Option(help="Why your rule is not the derivative on purpose, as 'straight-through'.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes that share the work; one for each processor, 4 at most."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let an inconclusive rule fail too.")] = False,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Check hand-written derivatives: of rules, and of every node of a configured model."""
    use(platform)
    from .. import verification

    overrides = tuple(name for name in names or () if "=" in name and not Path(name).is_file())
    names = [name for name in names or () if name not in overrides]
    request = verification.Request(args, level, seed, tuple(allow or ()), tuple(only or ()), surrogate, overrides)
    reports = verification.verify(names, request, jobs)
    if not verification.show(reports, json, strict):
        raise typer.Exit(1)
