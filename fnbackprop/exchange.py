"""A run's model for other programs."""

import json
from collections.abc import Sequence
from pathlib import Path

import jax

from . import build, records, training
from .core.arrays import encode_arrays
from .core.errors import ConfigError
from .core.output_file import write_output


def export_weights(run: str | Path, output: str | Path, allow: Sequence[str] = ()) -> list[str]:
    """Write a run's weights to a safetensors file; the names there, which are those of `training.outside_weights`.

    The metadata tell how inputs are normalised, the shape of one, and the classes. Raises ConfigError for a name of
    another kind of file, which others would open by it.
    """
    if Path(output).suffix != ".safetensors":
        raise ConfigError(f"export writes safetensors: give {output or 'the file'} a name that ends in .safetensors")
    trained = _load(run, allow)
    weights = training.outside_weights(trained.variables, trained.model, trained.inputs(1))
    used = trained.normalization
    told = {
        "normalization": None if used is None else {name: x.tolist() for name, x in used._asdict().items()},
        "input_shape": trained.input_shape,
        "classes": trained.classes,
    }
    metadata = {"format": "pt", **{name: json.dumps(value) for name, value in told.items()}}
    write_output(output, encode_arrays(weights, metadata))
    return list(weights)


def export_stablehlo(run: str | Path, output: str | Path, allow: Sequence[str] = ()) -> None:
    """Write a run's model, normalisation and weights included, as a program that `jax.export.deserialize` reads.

    It maps float32 inputs, or int32 tokens, of shape (n, …), for any n, to the model's outputs, and runs without this
    package.
    """
    try:
        import flatbuffers  # noqa: F401
    except ImportError:
        raise ConfigError("--stablehlo needs flatbuffers: pip install 'fnbackprop[export]'") from None
    from jax import export

    trained = _load(run, allow)
    inputs = trained.inputs(*export.symbolic_shape("n"))
    program = jax.jit(lambda x: training.raw_outputs(trained, trained.variables, x))
    write_output(output, bytes(export.export(program, platforms=("cpu", "cuda", "tpu"))(inputs).serialize()))


def _load(run: str | Path, allow: Sequence[str]) -> training.Trained:
    folder = records.RunFolder.open(Path(run))
    folder.require(folder.model)
    return training.load_trained(folder.model, build.read_plan(folder.config, (), allow).model)
