"""What a run that is done, or was stopped, can be asked: its test figures, and its model's predictions."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from . import build, records, training
from .core.errors import DataError
from .core.output_file import write_output
from .data.csv import csv_inputs
from .data.digest import data_digest
from .data.images import Form, find_images, read_images
from .data.npy import read_npy

# Classes whose numbers are told.
_MOST_NAMED = 20


def evaluate(run: str | Path, allow: Sequence[str] = ()) -> dict[str, float]:
    """The test figures of a run, computed anew from its saved model and its config's data.

    Raises DataError where these are no longer the data that the model was trained on.
    """
    folder = _open(run)
    plan, data = build.prepare(folder.config, (), allow)
    trained = training.load_trained(folder.model, plan.model)
    if trained.data_digest not in ("", now := data_digest(data.splits)):
        raise DataError(
            f"run {folder.path} was trained on other data than {plan.config.data.source} gives now (SHA-256 "
            f"{trained.data_digest[:12]}… then, {now[:12]}… now), so that its test figures would mean something else; "
            "bring the data back, or train anew"
        )
    recipe = build.build_recipe(plan, data)._replace(normalization=trained.normalization)
    examples = training.place(data.splits.examples, plan.config.data.device_megabytes)
    measure, _ = training.compile_evaluate(recipe, trained.variables, examples, data.buckets)
    return measure(trained.variables, examples, data.splits.test)


def predict(
    run: str | Path, inputs: ArrayLike, kind: training.Prediction = "outputs", allow: Sequence[str] = ()
) -> np.ndarray:
    """What a run's model makes of raw inputs, one example a row: outputs, probabilities or classes."""
    return training.predict(_trained(run, allow), np.asarray(inputs), kind)


def predict_file(
    run: Path, inputs: Path, output: Path, kind: training.Prediction, allow: Sequence[str] = ()
) -> list[str]:
    """`predict` from an .npy file to another, or to a .csv; what was written, in lines."""
    trained = _trained(run, allow)
    outputs = training.predict(trained, read_npy(str(inputs)))
    return _write(trained, outputs, records.Origin("row", range(len(outputs))), kind, output)


def predict_images(
    run: Path,
    paths: Sequence[Path],
    output: Path | None = None,
    kind: training.Prediction = "outputs",
    *,
    resize: bool = False,
    invert: bool = False,
    white: float | None = None,
    allow: Sequence[str] = (),
) -> list[str]:
    """A line for each image file, with its class and how probable that is; a file of predictions, too."""
    folder = _open(run)
    plan = build.read_plan(folder.config, (), allow)
    trained, files = training.load_trained(folder.model, plan.model), find_images(paths)
    form = Form.of(plan.config.data.source, trained.input_shape, white)
    outputs = training.predict(trained, read_images(files, form, resize=resize, invert=invert))
    return _lines(trained, outputs, records.Origin("file", [*map(str, files)]), kind, output)


def predict_table(
    run: Path, path: Path, output: Path | None = None, kind: training.Prediction = "outputs", allow: Sequence[str] = ()
) -> list[str]:
    """A line for each row of a CSV file, as for images; where the features have names, columns are found by them."""
    trained = _trained(run, allow)
    inputs, rows = csv_inputs(str(path), trained.features)
    outputs = training.predict(trained, inputs)
    return _lines(trained, outputs, records.Origin("line", rows), kind, output)


def _lines(
    trained: training.Trained,
    outputs: np.ndarray,
    origin: records.Origin,
    kind: training.Prediction,
    output: Path | None,
) -> list[str]:
    """What the model makes of each, by name; and what was written, where that was asked for."""
    prefix = "" if origin.kind == "file" else f"{origin.kind} "  # a path says itself what it is
    told = [f"{prefix}{name}: {text}" for name, text in zip(origin.names, _told(trained, outputs), strict=True)]
    return told if output is None else [*told, *_write(trained, outputs, origin, kind, output)]


def _told(trained: training.Trained, outputs: np.ndarray) -> list[str]:
    if trained.classes is None:
        return [" ".join(f"{value:.6g}" for value in row.ravel()) for row in outputs]
    classes, p = (training.meaning_of(trained, outputs, kind) for kind in ("classes", "probabilities"))
    p = np.concatenate([1 - p, p], axis=-1) if p.shape[-1] == 1 else p
    names = records.output_names(trained.classes, p.shape[-1])
    return [f"{names[i]} {row[i]:.4f}" for i, row in zip(classes, p, strict=True)]


def _write(
    trained: training.Trained, outputs: np.ndarray, origin: records.Origin, kind: training.Prediction, output: Path
) -> list[str]:
    """What was written, and which class each number means where that is not what it is called."""
    predictions, content = training.meaning_of(trained, outputs, kind), BytesIO()
    wrote = f"wrote {kind} of shape {predictions.shape} to {output}"
    if output.suffix.lower() == ".csv":
        write_output(output, records.predictions_csv(predictions, kind, trained.classes, origin))
        return [wrote]
    np.save(content, predictions)
    write_output(output, content.getvalue())
    named = [f"{i} is {name}" for i, name in enumerate(trained.classes or ()) if name != str(i) and kind == "classes"]
    told = [", ".join(named[:_MOST_NAMED]) + ", …" * (len(named) > _MOST_NAMED)] if named else []
    return [wrote, *told]


def sample(
    run: str | Path, prompt: str, tokens: int = 200, temperature: float = 0.8, seed: int = 0, allow: Sequence[str] = ()
) -> Iterator[str]:
    """What a run's model of text makes up after a prompt, a piece at a time."""
    return training.sample(_trained(run, allow), prompt, tokens, temperature, seed)


def _open(run: str | Path) -> records.RunFolder:
    folder = records.RunFolder.open(Path(run))
    return folder.require(folder.model)


def _trained(run: str | Path, allow: Sequence[str]) -> training.Trained:
    folder = _open(run)
    return training.load_trained(folder.model, build.read_plan(folder.config, (), allow).model)
