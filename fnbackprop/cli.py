"""The command line: parse, call one function, set the exit code. JAX is imported only by commands that need it."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    help="Train neural networks in JAX through hand-written, documented and checked derivatives.",
    epilog="Exit codes: 0 done, 1 verification failed, 2 usage or config, 3 data, 4 non-finite numbers, 5 a run that "
    "cannot be saved or gone on with, 70 internal error, 130 interrupted, 143 stopped by SIGTERM; the last two after "
    "saving.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> bool:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("fnbackprop"))
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and exit.")
    ] = False,
) -> None:
    pass


Config = Annotated[str, typer.Argument(help="A TOML file, or the name of a config that comes along, as digits_mlp.")]
Run = Annotated[Path, typer.Argument(help="The folder of a finished run.")]
AnyRun = Annotated[Path, typer.Argument(help="The folder of a run.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Keys to set: optimizer.learning_rate=3e-4")
]
Allow = Annotated[list[str] | None, typer.Option(help="A package of your own whose code the config may name.")]
Platform = Annotated[str | None, typer.Option(help="cpu, gpu or tpu; by default the best that JAX finds.")]


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that ends with the exit code of what went wrong, and with a traceback only where the fault is ours."""
    name = function.__name__.removesuffix("_")  # of one that Python has another use for

    @wraps(function)
    def run(*args: object, **options: object) -> None:
        from .core.errors import FnbackpropError

        try:
            function(*args, **options)
        except FnbackpropError as error:
            typer.echo(f"fnbackprop {name}: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except (typer.Exit, BrokenPipeError):  # who reads the output may have had enough
            raise
        except (Exception, KeyboardInterrupt) as error:
            if interrupt := _interrupted(error):
                typer.echo(f"fnbackprop {name}: {interrupt}" if str(interrupt) else "interrupted", err=True)
                raise typer.Exit(getattr(interrupt, "exit_code", 130)) from None
            import traceback

            traceback.print_exc()
            typer.echo("this is a defect of fnbackprop: please report it with the lines above", err=True)
            raise typer.Exit(70) from None

    return app.command(name)(run)


def _interrupted(error: BaseException | None) -> KeyboardInterrupt | None:
    """The Ctrl-C that began it: a library that is interrupted while it is imported may raise something else."""
    if error is None or isinstance(error, KeyboardInterrupt):
        return error
    return _interrupted(error.__context__)


def _use(platform: str | None) -> None:
    from .core.errors import ConfigError

    if platform is not None:
        import jax

        jax.config.update("jax_platforms", platform)
        try:
            jax.devices()
        except RuntimeError as error:
            raise ConfigError(f"--platform {platform}: JAX cannot use it here; cpu always works: {error}") from error


@_command
def train(
    config: Config,
    overrides: Overrides = None,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder, runs/NAME by default. A run that is there goes on.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Take the next free folder instead of going on.")] = False,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Train a network, and report how it went."""
    _use(platform)
    from . import experiment

    experiment.train(config, overrides or (), run=run, fresh=fresh, allow=allow or ())


@_command
def evaluate(run: Run, allow: Allow = None, platform: Platform = None) -> None:
    """Compute a run's test figures anew from its saved model."""
    _use(platform)
    from . import finished
    from .records import format_figures

    typer.echo(format_figures(finished.evaluate(run, allow or ())))


@_command
def predict(
    run: Run,
    inputs: Annotated[Path, typer.Argument(help="An .npy file of raw inputs, one example a row.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .npy file to write.")],
    write: Annotated[
        Literal["outputs", "probabilities", "classes"], typer.Option(help="What to write for each example.")
    ] = "outputs",
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Run a trained model on raw inputs, normalised as in training."""
    _use(platform)
    from . import finished

    shape = finished.predict_file(run, inputs, output, write, allow or ())
    typer.echo(f"wrote {write} of shape {shape} to {output}")


@_command
def export(
    run: Run,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, as model.safetensors.")],
    stablehlo: Annotated[
        bool, typer.Option("--stablehlo", help="Write a program for jax.export instead of weights.")
    ] = False,
    allow: Allow = None,
) -> None:
    """Write a trained model's weights for other programs; a stack's are named as by torch.nn.Sequential."""
    from . import exchange

    if stablehlo:
        exchange.export_stablehlo(run, output, allow or ())
        typer.echo(f"wrote a program to {output}: jax.export.deserialize(bytearray).call(inputs)")
    else:
        typer.echo(f"wrote {', '.join(exchange.export_weights(run, output, allow or ()))} to {output}")


@_command
def import_(
    config: Config,
    weights: Annotated[Path, typer.Argument(help="A safetensors file with the names that export writes.")],
    run: Annotated[Path, typer.Option(help="The folder of the new run.")],
    overrides: Overrides = None,
    allow: Allow = None,
) -> None:
    """Make a run that begins with weights from elsewhere, to be evaluated, asked or trained."""
    from . import experiment

    typer.echo(f"made {experiment.begin_with(config, weights, overrides or (), run=run, allow=allow or ())}")


@_command
def runs(folder: Annotated[Path, typer.Argument(help="The folder that runs lie in.")] = Path("runs")) -> None:
    """List runs: their state, step and best figures, and where their configs differ."""
    from rich.console import Console

    from .records import list_runs, runs_table

    Console().print(runs_table(list_runs(folder)))


@_command
def metrics(
    run: AnyRun, csv: Annotated[bool, typer.Option("--csv", help="As CSV, a column for each figure.")] = False
) -> None:
    """Print a run's rows of metrics: as they are, one JSON object a line, or as CSV."""
    import json

    from .records import RunFolder, metrics_csv, read_metrics

    rows = read_metrics(RunFolder.open(run).metrics)
    typer.echo(metrics_csv(rows) if csv else "\n".join(map(json.dumps, rows)), nl=not csv)


@_command
def report(
    runs: Annotated[list[Path], typer.Argument(help="The folders of runs to compare.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
) -> None:
    """Compare several runs on one page."""
    from .records import compare_runs

    compare_runs(runs, output)
    typer.echo(f"wrote {output}")


@_command
def check(config: Config, overrides: Overrides = None, allow: Allow = None) -> None:
    """Find every mistake in a config that can be known without training."""
    from . import preview

    preview.check(config, overrides or (), allow or ())
    typer.echo(f"{config}: no mistakes found")


@_command
def summary(config: Config, overrides: Overrides = None, allow: Allow = None) -> None:
    """Show a model's nodes, shapes and parameters, and what each node costs, without training."""
    from rich.console import Console

    from . import preview
    from .graph import summary_table

    Console().print(summary_table(preview.summary(config, overrides or (), allow or ())))


@_command
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
    from . import preview

    preview.picture(config, overrides or (), allow or (), examples).save(output)
    typer.echo(f"wrote {output}")


@_command
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Rules of ours, package.file:rule of yours, or configs. All of ours by default."),
    ] = None,
    args: Annotated[str | None, typer.Option(help="package.file:examples, the arguments of your rule.")] = None,
    level: Annotated[Literal["fast", "full"], typer.Option(help="How thoroughly.")] = "fast",
    seed: Annotated[int, typer.Option(min=0, help="Draws points and cotangents.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let an inconclusive rule fail too.")] = False,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Check hand-written derivatives: of rules, and of every node of a configured model."""
    _use(platform)
    from . import verification

    if not verification.show(verification.verify(names or (), args, level, seed, allow or ()), json, strict):
        raise typer.Exit(1)


@_command
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    import json

    from .build import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@_command
def new(
    name: Annotated[str, typer.Argument(help="What to call the config; NAME.toml is written.")],
    data: Annotated[str | None, typer.Option(help="The data set it is for; NAME by default.")] = None,
) -> None:
    """Write a commented config to start from, for a named data set."""
    from .build import write_starter_config

    typer.echo(f"wrote {write_starter_config(name, data or name)}")


def main() -> None:
    """The `fnbackprop` command."""
    try:
        app(prog_name="fnbackprop")
    except KeyboardInterrupt:  # before a command began
        raise SystemExit(130) from None
