"""Commands that use a trained model, here or elsewhere."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from .app import Allow, Config, Overrides, Platform, Run, command, use


def _note_if_unfinished(run: Path) -> None:
    """Say of a run that is not done which model of its was used."""
    from ..records import RunFolder, run_state

    if (state := run_state(RunFolder(run))) in ("running", "killed", "stopped", "failed"):
        typer.echo(f"note: run {run} is {state}; its model is of when it was last stopped, done or imported", err=True)


@command
def evaluate(run: Run, allow: Allow = None, platform: Platform = None) -> None:
    """Compute a run's test figures anew from its saved model."""
    use(platform)
    from .. import finished
    from ..records import format_figures

    typer.echo(format_figures(finished.evaluate(run, allow or ())))
    _note_if_unfinished(run)


@command
def predict(
    run: Run,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="An .npy file of raw inputs, one example a row; a CSV file; or images, and folders of them."
        ),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write, .npy or .csv.")] = None,
    write: Annotated[
        Literal["outputs", "probabilities", "classes"] | None,
        typer.Option(help="What to write there for each example.", show_default="outputs"),
    ] = None,
    resize: Annotated[bool, typer.Option("--resize", help="Stretch images to the model's size.")] = False,
    invert: Annotated[
        bool,
        typer.Option("--invert", help="Black for white: MNIST's digits are light. What is transparent stays black."),
    ] = False,
    white: Annotated[
        float | None, typer.Option(help="What the training data call white, where their source does not tell.")
    ] = None,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Run a trained model on raw inputs, normalised as in training; what it makes of rows and images is told."""
    use(platform)
    from .. import finished
    from ..core.errors import ConfigError

    if write and output is None:
        raise ConfigError(f"--write {write} says what goes into a file: give -o OUT.npy, or OUT.csv, with it")
    if output and output.suffix.lower() not in (".npy", ".csv"):
        raise ConfigError(f"predictions are written as .npy or .csv: give {output} a name that ends so")
    if output and output.resolve() in [path.resolve() for path in inputs]:
        raise ConfigError(f"predictions would take the place of their inputs: give -o another name than {output}")
    write = write or "outputs"
    suffix = inputs[0].suffix.lower() if len(inputs) == 1 else ""
    if suffix not in (".npy", ".csv"):
        lines = finished.predict_images(
            run, inputs, output, write, resize=resize, invert=invert, white=white, allow=allow or ()
        )
    elif resize or invert or white is not None:
        raise ConfigError(f"{inputs[0]} is given as it is: --resize, --invert and --white are for images")
    elif suffix == ".csv":
        lines = finished.predict_table(run, inputs[0], output, write, allow or ())
    elif output is None:
        raise ConfigError("predictions for an .npy file go into another: give -o OUT.npy, or OUT.csv")
    else:
        lines = finished.predict_file(run, inputs[0], output, write, allow or ())
    typer.echo("\n".join(lines))
    _note_if_unfinished(run)


@command
def sample(
    run: Run,
    prompt: Annotated[str, typer.Option(help="What the text begins with.", show_default="a new line")] = "\n",
    tokens: Annotated[int, typer.Option(min=1, help="How many to make up.")] = 200,
    temperature: Annotated[float, typer.Option(min=0, help="Below 1 bolder guesses count less; 0: none.")] = 0.8,
    seed: Annotated[int, typer.Option(min=0, help="Draws the tokens.")] = 0,
    allow: Allow = None,
    platform: Platform = None,
) -> None:
    """Let a model of text go on from a prompt."""
    use(platform)
    from .. import finished

    pieces = finished.sample(run, prompt, tokens, temperature, seed, allow or ())
    first = next(pieces)  # what cannot be made up is said before anything is printed
    for piece in (prompt, first, *pieces):
        typer.echo(piece, nl=False)
    typer.echo()
    _note_if_unfinished(run)


@command
def export(
    run: Run,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, as model.safetensors.")],
    stablehlo: Annotated[
        bool, typer.Option("--stablehlo", help="Write a program for jax.export instead of weights.")
    ] = False,
    allow: Allow = None,
) -> None:
    """Write a trained model's weights for other programs; a stack's are named as by torch.nn.Sequential."""
    from .. import exchange

    if stablehlo:
        exchange.export_stablehlo(run, output, allow or ())
        typer.echo(f"wrote a program to {output}: jax.export.deserialize(bytearray).call(inputs)")
    else:
        typer.echo(f"wrote {', '.join(exchange.export_weights(run, output, allow or ()))} to {output}")
    _note_if_unfinished(run)


@command
def import_(
    config: Config,
    weights: Annotated[Path, typer.Argument(help="A safetensors file with the names that export writes.")],
    run: Annotated[Path, typer.Option(help="The folder of the new run.")],
    overrides: Overrides = None,
    allow: Allow = None,
) -> None:
    """Make a run that begins with weights from elsewhere, to be evaluated, asked or trained."""
    from .. import experiment

    typer.echo(f"made {experiment.begin_with(config, weights, overrides or (), run=run, allow=allow or ())}")
