"""What all commands share: how they end, and the arguments that several take. JAX is imported where it is needed."""

import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import FnbackpropError, Stopped

# What brings JAX's own part for a platform.
_NVIDIA = "pip install 'fnbackprop[cuda13]', or [cuda12],"
_EXTRAS = {"gpu": _NVIDIA, "cuda": _NVIDIA, "tpu": "pip install 'fnbackprop[tpu]'"}

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
Run = Annotated[Path, typer.Argument(help="The folder of a run that is done, or was stopped.")]
AnyRun = Annotated[Path, typer.Argument(help="The folder of a run.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Keys to set: optimizer.learning_rate=3e-4")
]
Allow = Annotated[list[str] | None, typer.Option(help="A package of your own whose code the config may name.")]
Platform = Annotated[str | None, typer.Option(help="cpu, gpu or tpu; by default the best that JAX finds.")]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that ends with the exit code of what went wrong, and with a traceback only where the fault is ours."""
    name = function.__name__.removesuffix("_")  # of one that Python has another use for

    @wraps(function)
    def run(*args: object, **options: object) -> None:
        try:
            function(*args, **options)
        except (FnbackpropError, Stopped) as error:
            if isinstance(error, Stopped):  # one more Ctrl-C would only interrupt what JAX does at exit
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            typer.echo(f"fnbackprop {name}: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except (typer.Exit, BrokenPipeError):  # who reads the output may have had enough
            raise
        except Exception as error:
            if _is_out_of_memory(error):
                typer.echo(f"fnbackprop {name}: {_too_large(error)}", err=True)
                raise typer.Exit(2) from None
            import traceback

            traceback.print_exc()
            typer.echo("this is a defect of fnbackprop: please report it with the lines above", err=True)
            raise typer.Exit(70) from None

    return app.command(name)(run)


def _is_out_of_memory(error: Exception) -> bool:
    """Whether JAX had no memory, which makes a RuntimeError of it; by its text, since JAX may not be imported."""
    return isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" in str(error)


def _too_large(error: Exception) -> str:
    what = str(error).partition("RESOURCE_EXHAUSTED")[2].partition("\n")[0].strip(" :.")
    return f"does not fit into the device's memory: {what}; make data.batch_size or the model smaller"


def use(platform: str | None) -> None:
    """Compute on this platform, the best there is where None; what is compiled is kept for the next command."""
    from ..core.compile_cache import keep_compiled
    from ..core.errors import ConfigError

    keep_compiled()
    if platform is not None:
        import jax

        jax.config.update("jax_platforms", platform)
        try:
            jax.devices()
        except (RuntimeError, AssertionError) as error:  # the latter for "cuda" without its plugin, and without words
            remedy = f"{_EXTRAS[platform]} brings what JAX needs for it; " if platform in _EXTRAS else ""
            why = f": {error}" if str(error) else ""
            raise ConfigError(
                f"--platform {platform}: JAX cannot use it here; {remedy}cpu always works{why}"
            ) from error
