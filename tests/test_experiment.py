"""Whole experiments in small: what they write, and that equal seeds give equal bits."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from rich.console import Console
from safetensors.numpy import load_file

import fnbackprop
from fnbackprop import ConfigError, DataError, NonFiniteError, Result, build, experiment, finished, preview, training
from fnbackprop.build import read_plan
from fnbackprop.core.arrays import load_arrays, save_arrays
from fnbackprop.records import read_metrics

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "Dropout", rate = 0.2 }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
optimizer = { learning_rate = 0.01 }
training = { epochs = 2 }
"""
TIMES = {"seconds", "examples_per_second"}

Train = Callable[..., Result]


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Train the config above, or another, with overrides, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    Path("it.toml").write_text(CONFIG)

    def run(*overrides: str, config: str = "it.toml", **options: Any) -> Result:
        return fnbackprop.train(config, overrides, console=Console(quiet=True), **options)

    return run


def rows(result: Result, kind: str) -> list[dict[str, Any]]:
    return [row for row in read_metrics(result.run / "metrics.jsonl") if row["kind"] == kind]


def timeless(result: Result) -> list[dict[str, Any]]:
    found = read_metrics(result.run / "metrics.jsonl")
    return [{name: value for name, value in row.items() if name not in TIMES} for row in found]


def test_equal_seeds_give_equal_bits_and_others_do_not(train: Train) -> None:
    first, third = train("seed=1"), train("seed=2")
    # What a run wrote down of itself is what it was.
    second = train(config=str(first.run / "config.toml"), run="again")
    assert [result.run for result in (first, second, third)] == [Path("runs/it"), Path("again"), Path("runs/it-2")]
    assert read_plan("again/config.toml").config == read_plan("it.toml", ["seed=1"]).config
    assert timeless(first) == timeless(second)
    a, b, c = (load_file(result.run / "model.safetensors") for result in (first, second, third))
    assert a.keys() == b.keys() == c.keys()
    for name in a:
        assert a[name].tobytes() == b[name].tobytes()
        # The data are split, and so normalised, by a seed of their own.
        assert (a[name].tobytes() == c[name].tobytes()) == (not name.startswith("params."))
    assert timeless(first) != timeless(third)


def test_each_epoch_is_reported_and_the_test_part_at_the_end(train: Train) -> None:
    result = train("training.epochs=3")
    # 150 irises: 30 to test, 15 to watch, 105 = 6 · 16 + 9 to train on.
    for kind in ("train", "validation"):
        assert [(row["step"], row["epoch"]) for row in rows(result, kind)] == [(7, 1), (14, 2), (21, 3)]
    (test,) = rows(result, "test")
    assert read_metrics(result.run / "metrics.jsonl")[-1] == test
    assert {name: test[name] for name in result.test} == result.test
    assert result.test.keys() == {"loss", "accuracy"}
    assert all(0 <= row["accuracy"] <= 1 and row["gradient_norm"] > 0 for row in rows(result, "train"))


def test_reports_need_not_divide_an_epoch(train: Train) -> None:
    result = train("training={steps=10, report_every=4}", "data.validation=0", "data.last_batch=drop")
    # 120 training examples: 7 whole batches of 16.
    assert [row["step"] for row in rows(result, "train")] == [4, 8, 10]
    assert [row["epoch"] for row in rows(result, "train")] == pytest.approx([4 / 7, 8 / 7, 10 / 7])
    assert not rows(result, "validation")
    assert rows(result, "test")[0]["step"] == 10


def test_reporting_changes_no_bit(train: Train) -> None:
    results = [train(f"training={{epochs=2, report_every={every}}}") for every in (1, 5)]
    a, b = (jax.tree.leaves(result.trained.variables.params) for result in results)
    assert [x.tobytes() for x in map(np.asarray, a)] == [x.tobytes() for x in map(np.asarray, b)]
    fine, coarse = (rows(result, "train") for result in results)
    assert [row["step"] for row in coarse] == [5, 10, 14]
    # A row is the mean over its examples: 5 batches of 16; then 16, 9 of the first epoch's last batch, and 3 · 16.
    for row, part, sizes in ((coarse[0], fine[:5], [16] * 5), (coarse[1], fine[5:10], [16, 9, 16, 16, 16])):
        for name in ("loss", "accuracy", "gradient_norm"):
            expected = np.average([each[name] for each in part], weights=sizes)
            assert row[name] == pytest.approx(expected, rel=1e-6)


def test_regression(train: Train) -> None:
    result = train(
        "data={source='diabetes', batch_size=64}",
        "model=[{module='Linear', features=1, initializer='zeros'}]",
        "cost.name=squared_error",
        "optimizer={name='sgd', learning_rate=0.1}",
        "training.epochs=30",
    )
    assert result.test.keys() == {"loss", "absolute_error"}
    assert result.trained.classes is None
    # Least squares leaves about half of the variance, 77²; a model of zeros has 173² to explain.
    assert result.test["loss"] < 77**2
    inputs = np.zeros((2, 10), np.float32)
    assert fnbackprop.predict(result.run, inputs).shape == (2, 1)
    with pytest.raises(DataError, match="predicts numbers, not classes"):
        fnbackprop.predict(result.run, inputs, "classes")


def test_the_parts_of_the_objective_are_reported(train: Train) -> None:
    result = train("penalties={l1=0.01, l2=0.02}", "training={steps=1}")
    (row,) = rows(result, "train")
    assert row["loss"] == pytest.approx(row["cost"] + row["l1"] + row["l2"], rel=1e-6)
    # α₂ Σ w² and α₁ Σ |w| of the weights that the step began with; Adam's first step moves each by at most 0.01.
    weights = [w for name, w in load_file(result.run / "model.safetensors").items() if name.endswith("weight")]
    magnitude = sum(np.abs(w).sum() for w in weights)
    assert row["l1"] == pytest.approx(0.01 * magnitude, abs=0.01 * 0.01 * sum(w.size for w in weights))
    assert row["sparsity"] == 0
    assert rows(result, "test")[0]["loss"] < row["loss"]


def test_the_proximal_form_reaches_zeros_that_are_reported(train: Train) -> None:
    result = train(
        "penalties={l1=1.0, l1_form='proximal'}",
        "optimizer={name='sgd', learning_rate=0.05}",
        "training={steps=20}",
        "data.validation=0",
    )
    row = rows(result, "train")[-1]
    assert "l1" not in row
    weights = [w for name, w in load_file(result.run / "model.safetensors").items() if name.endswith("weight")]
    zeros = sum((w == 0).sum() for w in weights) / sum(w.size for w in weights)
    assert zeros > 0.2
    assert row["sparsity"] == pytest.approx(zeros, abs=1e-6)


def test_a_saved_model_gives_the_same_figures(train: Train) -> None:
    result = train()
    assert fnbackprop.evaluate(result.run) == result.test
    # It evaluates with the normalisation that is saved, and only with that.
    model = result.run / "model.safetensors"
    arrays, metadata = load_arrays(model)
    save_arrays(model, arrays | {"normalization.mean": np.float32([9, 9, 9, 9])}, metadata)
    assert fnbackprop.evaluate(result.run) != result.test


def test_a_model_is_evaluated_on_its_own_data_only(train: Train) -> None:
    result = train()
    saved = (result.run / "config.toml").read_text()
    assert "split_seed = 0" in saved
    (result.run / "config.toml").write_text(saved.replace("split_seed = 0", "split_seed = 1"))
    with pytest.raises(DataError, match=r"was trained on other data than iris gives now .* bring the data back"):
        fnbackprop.evaluate(result.run)


def test_a_run_that_diverges_says_so_and_saves_no_model(train: Train) -> None:
    with pytest.raises(NonFiniteError, match="lower optimizer\\.learning_rate"):
        train("optimizer={name='sgd', learning_rate=1e30}")
    assert '"state": "failed"' in Path("runs/it/status.json").read_text()
    with pytest.raises(ConfigError, match=r"has no model\.safetensors; train it to its end, or until Ctrl-C, with: "):
        fnbackprop.evaluate("runs/it")


def test_the_rows_name_the_first_node_that_is_not_finite(train: Train) -> None:
    with pytest.raises(NonFiniteError) as caught:
        train("optimizer={name='sgd', learning_rate=1e30}", "health.every=5")
    found = re.match(r"step (\d+): .* first at (node '.*', \w+); lower", str(caught.value))
    assert found
    looks = [row for row in read_metrics(Path("runs/it/metrics.jsonl")) if row["kind"] == "health"]
    assert [(row["step"], row["non_finite"]) for row in looks] == [(0, None), (int(found[1]), found[2])]


def test_an_interrupted_run_says_so(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "Loop", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train()
    assert '"state": "stopped"' in Path("runs/it/status.json").read_text()


def test_a_folder_with_something_in_it_is_not_written_to(train: Train) -> None:
    Path("full").mkdir()
    Path("full/mine").write_text("mine")
    with pytest.raises(ConfigError, match="run folder full is not empty"):
        train(run="full")
    assert [path.name for path in Path("full").iterdir()] == ["mine"]


def test_a_run_of_a_runs_config_is_called_as_that_run(train: Train) -> None:
    first = train(run="runs/first")
    assert train(config="runs/first/config.toml").run == Path("runs/first-2")
    assert (first.run / "model.safetensors").is_file()


def test_mistakes_are_found_before_a_folder_is_made(train: Train) -> None:
    with pytest.raises(ConfigError, match="it ends with 2 outputs for 3 classes"):
        train("model.2.features=2")
    assert not Path("runs").exists()


@pytest.mark.quick
def test_the_python_names_are_the_commands_names(train: Train) -> None:
    for command, place in {"train": experiment, "evaluate": finished, "predict": finished, "check": preview}.items():
        assert getattr(fnbackprop, command) is getattr(place, command)
    fnbackprop.check("it.toml", ["seed=3"])
    with pytest.raises(ConfigError, match="sed: unknown key"):
        fnbackprop.check("it.toml", ["sed=3"])
    summary = fnbackprop.summary("it.toml")
    assert [(row.name, row.outputs, row.params) for row in summary.rows] == [
        ("linear_1", "float32[16, 8]", 40),
        ("dropout_1", "float32[16, 8]", 0),
        ("linear_2", "float32[16, 3]", 27),
    ]
    assert summary.params == 67
    assert not Path("runs").exists()


def test_a_regression_that_knows_no_more_than_the_mean_is_told_so(train: Train) -> None:
    model = "model=[{module='Linear', features=1}]"
    overrides = (model, "cost.name=squared_error", "data={source='diabetes', batch_size=32}")
    useless = train(*overrides, "optimizer.learning_rate=1e-6", run="useless")
    _, data = build.prepare("it.toml", overrides)
    targets, test = data.splits.examples.targets, data.splits.test
    known = float(np.mean((targets[test.start : test.stop] - targets[: len(data.splits.train)].mean()) ** 2))
    assert useless.test["loss"] > known
    (note,) = [line for line in Path("useless/log.txt").read_text().splitlines() if "note" in line]
    assert f"the mean of the training targets alone has a loss of {known:.4g}: train for longer" in note
    learnt = targets[: len(data.splits.train)]
    assert note.endswith(f"mean, {learnt.mean():.4g}, and divide by their deviation, {learnt.std():.4g}")
    learned = train(*overrides, "optimizer.learning_rate=1.0", "training.epochs=100", run="learned")
    assert learned.test["loss"] < known
    assert "the mean of" not in Path("learned/log.txt").read_text()


def test_overrides_are_a_list() -> None:
    with pytest.raises(ConfigError, match="overrides are 'seed=1'; wanted a list of them"):
        fnbackprop.train("iris", "seed=1")


def test_lists_are_predicted_too(train: Train) -> None:
    result = train()
    np.testing.assert_array_equal(
        fnbackprop.predict(result.run, [[5.1, 3.5, 1.4, 0.2]]),
        fnbackprop.predict(result.run, np.array([[5.1, 3.5, 1.4, 0.2]])),
    )
