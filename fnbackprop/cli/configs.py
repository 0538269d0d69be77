"""Commands that look at a config, or write one."""

from pathlib import Path
from typing import Annotated

import typer

from .app import Allow, Config, Overrides, command


@command
def check(config: Config, overrides: Overrides = None, allow: Allow = None) -> None:
    """Find every mistake in a config that can be known without training."""
    from .. import preview

    for note in preview.check(config, overrides or (), allow or ()):
        typer.echo(f"note: {config}: {note}")
    typer.echo(f"{config}: no mistakes found")


@command
def summary(config: Config, overrides: Overrides = None, allow: Allow = None) -> None:
    """Show a model's nodes, shapes and parameters, and what each node costs, without training."""
    from rich.console import Console

    from .. import preview
    from ..graph.summary_table import summary_table

    Console().print(summary_table(preview.summary(config, overrides or (), allow or ())))


@command
def graph(
    config: Config,
    overrides: Overrides = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write: .svg, .dot, or .mmd for Mermaid.")
    ] = Path("graph.svg"),
    examples: Annotated[int, typer.Option(min=1, help="How many examples the shapes are for.")] = 1,
    allow: Allow = None,
) -> None:
    """Draw a model's graph and, beside it, its gradient graph, without training."""
    from .. import preview

    preview.picture(config, overrides or (), allow or (), examples).save(output)
    typer.echo(f"wrote {output}")


@command
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    import json

    from ..build import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@command
def new(
    name: Annotated[str, typer.Argument(help="What to call the config; NAME.toml is written.")],
    data: Annotated[str | None, typer.Option(help="The data set it is for, or regression; NAME by default.")] = None,
) -> None:
    """Write a commented config to start from, for a named data set, or for regression."""
    from ..build import write_starter_config

    typer.echo(f"wrote {write_starter_config(name, data or name)}")
