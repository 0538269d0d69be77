"""A run that was stopped anywhere and started again ends in the bits of one that never stopped."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from safetensors.numpy import load_file

from fnbackprop import CheckpointError, ConfigError, DataError, Result, experiment
from fnbackprop.records import Checkpoints, read_metrics

from .conftest import DiedError

Train = Callable[..., Result]
Outcome = Callable[[Path], dict[str, Any]]

# 7 steps an epoch. Health is looked at, and reports are made, in the middle of epochs.
RICH = (
    "model=[{module='own_modules:Centre'}, {module='Linear', features=8}, {module='BatchNorm'}, {module='ReLU'}, "
    "{module='Dropout', rate=0.3}, {module='Linear', features=3}]",
    "optimizer={name='adam', learning_rate={schedule='cosine_decay_schedule', init_value=0.02}}",
    "training={steps=24, report_every=5, accumulate=2, precision='bfloat16', average=0.9}",
    "health={every=3}",
    "penalties={l2=0.001, l1=0.0001}",
    "checkpoint={every_steps=2, keep=3}",
    "best={metric='accuracy'}",
)
NOISY = (
    "optimizer={name='noisy_sgd', learning_rate=0.05}",
    "data={source='iris', batch_size=16, shuffle='stratified', last_batch='drop'}",
    "training={steps=16, report_every=3}",
    "checkpoint={every_steps=5}",
)
MOMENTUM = (
    "optimizer={name='sgd', learning_rate=0.1, momentum=0.9, clip_norm=1.0}",
    "penalties={l2=0.001, l2_form='decay'}",
    "data={source='iris', batch_size=16, shuffle='once'}",
    "training={epochs=30, report_every=2}",
    "checkpoint={every_steps=4, keep=1}",
    "best={metric='loss', patience=3, min_change=0.02}",
)


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield
    sys.modules.pop("own_modules", None)


@pytest.mark.parametrize(
    ("overrides", "deaths"),
    [
        (RICH, [1, 4, 7, 8]),  # before anything was saved; mid-epoch; at an epoch's end; right after
        (NOISY, [6]),
        (MOMENTUM, [5, 9]),
    ],
    ids=["rich", "noisy", "early stopping"],
)
def test_it_ends_in_the_same_bits(
    train: Train, outcome: Outcome, overrides: tuple[str, ...], deaths: list[int]
) -> None:
    options = {"run": "whole", "allow": ["own_modules"]}
    train(*overrides, **options)
    for death in deaths:
        with pytest.raises(DiedError):
            train(*overrides, dies_at=death, **options | {"run": "broken"})
    train(*overrides, **options | {"run": "broken"})
    whole, broken = outcome(Path("whole")), outcome(Path("broken"))
    assert whole.keys() == broken.keys()
    for name in whole:
        assert whole[name] == broken[name], name
    if "patience" in overrides[-1]:
        assert whole["status"]["step"] < 30 * 7
        early = r"ended early: validation loss no better for 3 reports \(patience 3\), best [\d.]+, of step \d+"
        assert re.fullmatch(early, whole["status"]["reason"])
        with Path("said").open("w") as file:
            train(*overrides, **options, console=Console(file=file, width=200))
        assert re.search(f"^{early}", Path("said").read_text(), re.MULTILINE)
        assert outcome(Path("whole")) == whole
    else:
        assert not whole["status"]["reason"]


def test_a_run_that_is_done_stays_as_it_is(train: Train, outcome: Outcome) -> None:
    first = train(run="it")
    before = outcome(Path("it"))
    with Path("said").open("w") as file:
        second = train(run="it", console=Console(file=file, width=200))
    assert "trained           to its end, step 14, as saved in" in Path("said").read_text()
    assert outcome(Path("it")) == before
    assert first.test == second.test


def test_more_epochs_go_on_and_say_what_changed(train: Train, outcome: Outcome) -> None:
    train(run="short")
    with Path("said").open("w") as file:
        train("training.epochs=4", "checkpoint.keep=1", run="short", console=Console(file=file, width=200))
    train("training.epochs=4", "checkpoint.keep=1", run="long")
    assert outcome(Path("short")) == outcome(Path("long"))
    said = Path("said").read_text()
    assert "training.epochs: 2 before, 4 now" in said
    assert "goes on           from step 14" in said
    assert "epochs = 4" in Path("short/config.toml").read_text()


def test_another_config_is_refused_with_what_differs(train: Train) -> None:
    with pytest.raises(DiedError):
        train("checkpoint.every_steps=2", dies_at=3, run="it")
    before = {path: path.read_bytes() for path in Path("it").rglob("*") if path.is_file() and path.name != "lock"}
    with pytest.raises(ConfigError, match="another config; start anew with --fresh") as caught:
        train("seed=1", "model.1.rate=0.3", "optimizer.b1=0.8", "checkpoint.keep=9", run="it")
    lines = ("model.1.rate: 0.2 before, 0.3 now", "optimizer.b1: unset before, 0.8 now", "seed: 0 before, 1 now")
    assert caught.value.problems[1:] == tuple(f"  {line}" for line in lines)
    assert {path: path.read_bytes() for path in before} == before


def test_a_schedule_that_ends_with_the_run_is_part_of_it(train: Train) -> None:
    schedule = "optimizer.learning_rate={schedule='cosine_decay_schedule', init_value=0.01}"
    train(schedule, run="it")
    kept = (
        r"decay_steps: 14 before, 28 now; it follows .*: optimizer\.learning_rate\.decay_steps=14 keeps it, .*--fresh"
    )
    with pytest.raises(ConfigError, match=kept):
        train(schedule, "training.epochs=4", run="it")
    assert "decay_steps" not in Path("it/config.toml").read_text()  # so that it may be trained anew for longer
    train(schedule, "training.epochs=4", "optimizer.learning_rate.decay_steps=14", run="it")
    assert "decay_steps = 14" in Path("it/config.toml").read_text()


def test_a_schedule_that_ends_with_the_run_cannot_end_sooner(train: Train) -> None:
    schedule = "optimizer.learning_rate={schedule='cosine_decay_schedule', init_value=0.01}"
    with pytest.raises(DiedError):
        train(schedule, "checkpoint.every_steps=2", dies_at=3, run="it")
    with pytest.raises(ConfigError, match=r"decay_steps: 14 before, 7 now; .*: a run that is to end sooner"):
        train(schedule, "checkpoint.every_steps=2", "training.epochs=1", run="it")


def test_fewer_steps_than_were_taken_are_refused(train: Train) -> None:
    train(run="it")
    with pytest.raises(ConfigError, match="has taken 14 steps, more than the 7 asked for"):
        train("training.epochs=1", run="it")
    # What else is another is said at once.
    with pytest.raises(ConfigError, match=r"more than the 7 asked for[^$]*\n  seed: "):
        train("training.epochs=1", "seed=5", run="it")
    # Nor does a schedule that follows the run's length hide it.
    schedule = "optimizer.learning_rate={schedule='cosine_decay_schedule', init_value=0.01}"
    train(schedule, run="other")
    with pytest.raises(ConfigError, match="has taken 14 steps, more than the 7 asked for"):
        train(schedule, "training.epochs=1", run="other")


def test_a_config_that_cannot_be_read_is_known_by_its_digest(train: Train, outcome: Outcome) -> None:
    train("training.epochs=4", run="whole")
    train(run="it")
    Path("empty").mkdir()
    for run in ("it", "empty"):
        Path(run, "config.toml").write_text("seed = [")
    with pytest.raises(ConfigError, match="not valid TOML"):
        train(run="empty")
    with pytest.raises(CheckpointError, match="of another config"):
        train("seed=1", run="it")
    train("training.epochs=4", run="it")
    found = outcome(Path("it"))
    del found["state 14"]  # kept beside the last
    assert found == outcome(Path("whole"))


def test_fresh_starts_anew_and_deletes_nothing(train: Train, outcome: Outcome) -> None:
    train(run="it")
    before = outcome(Path("it"))
    assert train("seed=1", run="it", fresh=True).run == Path("it-2")
    assert outcome(Path("it")) == before


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(train: Train, outcome: Outcome) -> None:
    train("checkpoint={every_steps=5}", run="whole")
    with pytest.raises(DiedError):
        train("checkpoint={every_steps=5}", run="it", dies_at=12)
    state = Path("it/checkpoints/step-000000010/state.safetensors")
    content = bytearray(state.read_bytes())
    content[-1] ^= 1
    state.write_bytes(content)
    with Path("said").open("w") as file:
        train("checkpoint={every_steps=5}", run="it", console=Console(file=file, width=300))
    said = Path("said").read_text()
    assert "checkpoint it/checkpoints/step-000000010 is skipped: state.safetensors does not have the SHA-256" in said
    assert "kept as unused-step-000000010" in said
    assert "goes on           from step 5" in said
    assert outcome(Path("it")) == outcome(Path("whole"))
    assert (Path("it/checkpoints/unused-step-000000010") / state.name).read_bytes() == content


def test_damaged_metrics_take_the_run_back_to_where_they_are_whole(train: Train, outcome: Outcome) -> None:
    options = "checkpoint={every_steps=5}", "training.report_every=4"
    train(*options, run="whole")
    with pytest.raises(DiedError):
        train(*options, run="it", dies_at=12)
    metrics = Path("it/metrics.jsonl")
    metrics.write_bytes(metrics.read_bytes().replace(b'"step": 8', b'"step": 9'))
    train(*options, run="it")
    assert outcome(Path("it")) == outcome(Path("whole"))


def test_metrics_that_are_damaged_from_the_beginning_lose_no_training(train: Train) -> None:
    options = "checkpoint={every_steps=5}", "training.report_every=4"
    whole = train(*options, run="whole")
    with pytest.raises(DiedError):
        train(*options, run="it", dies_at=12)
    metrics = Path("it/metrics.jsonl")
    first, *rest = metrics.read_bytes().splitlines(keepends=True)
    damaged = b"".join([first.replace(b"{", b"["), *rest])
    metrics.write_bytes(damaged)
    with Path("said").open("w") as file:
        train(*options, run="it", console=Console(file=file, width=200))
    assert "goes on           from step 10" in (said := Path("said").read_text())
    assert re.search(r"metrics\.jsonl is not what .* rows of figures .* kept as unused-metrics\.jsonl", said)
    assert Path("it/unused-metrics.jsonl").read_bytes() == damaged
    assert {row["step"] for row in read_metrics(metrics)} == {4, 8, 12, 14}
    # Nor where they are gone altogether; and once is enough.
    metrics.unlink()
    for _ in range(2):
        train(*options, run="it")
        assert [row["kind"] for row in read_metrics(metrics)] == ["test"]
    assert Path("it/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()
    assert whole.test == train(*options, run="it").test
    assert len([*Path("it").glob("unused-*")]) == 1


def test_metrics_that_say_which_model_is_the_best_are_wanted(train: Train) -> None:
    best = "best={metric='accuracy'}"
    train(best, run="it")
    Path("it/metrics.jsonl").unlink()
    before = {path: path.read_bytes() for path in Path("it").rglob("*") if path.is_file() and path.name != "lock"}
    with pytest.raises(CheckpointError, match=r"which says which model was the best.*leave out \[best\]"):
        train(best, "training.epochs=3", run="it")
    assert {path: path.read_bytes() for path in before} == before
    train("training.epochs=3", run="it")


def test_without_a_whole_checkpoint_nothing_is_started(train: Train) -> None:
    train(run="it")
    (state,) = Path("it/checkpoints").glob("*/state.safetensors")
    state.write_bytes(state.read_bytes()[:-1])
    before = Path("it/metrics.jsonl").read_bytes()
    with pytest.raises(CheckpointError, match=r"has no whole checkpoint(.|\n)*is skipped: state\.safetensors"):
        train(run="it")
    assert Path("it/metrics.jsonl").read_bytes() == before
    assert Checkpoints(Path("it/checkpoints")).steps() == [14]


def test_a_run_whose_checkpoints_are_gone_does_not_begin_anew(train: Train) -> None:
    with pytest.raises(DiedError):
        train("checkpoint.every_steps=2", run="it", dies_at=5)
    before = Path("it/metrics.jsonl").read_bytes()
    shutil.rmtree("it/checkpoints")
    with pytest.raises(CheckpointError, match="was saved at step 4; bring it/checkpoints back"):
        train("checkpoint.every_steps=2", run="it")
    assert Path("it/metrics.jsonl").read_bytes() == before


def test_changed_data_are_refused(train: Train) -> None:
    # Its length follows the data, which are what is told of all the same.
    schedule = "optimizer.learning_rate={schedule='cosine_decay_schedule', init_value=0.01}"
    overrides = (
        "data={source='csv', path='mine.csv', target='y', batch_size=16}",
        "model.2.features=2",
        "checkpoint={every_steps=2}",
        schedule,
    )
    rows = [f"{i},{i * i % 7},{'ab'[i % 2]}\n" for i in range(100)]
    Path("mine.csv").write_text("a,b,y\n" + "".join(rows))
    with pytest.raises(DiedError):
        train(*overrides, run="it", dies_at=3)
    for other in ([*rows[:-1], "99,0,b\n"], rows[:60]):
        Path("mine.csv").write_text("a,b,y\n" + "".join(other))
        with pytest.raises(DataError, match="trained on other data than csv gives now"):
            train(*overrides, run="it")
    with pytest.raises(ConfigError, match=r"data\.source"):
        train("data={source='iris', batch_size=16}", *overrides[2:], run="it")


def test_a_model_whose_arrays_have_changed_is_refused_by_name(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiedError):
        train("checkpoint={every_steps=2}", run="it", dies_at=3)
    monkeypatch.setattr(experiment.start.build, "differences", lambda *_: ([], []))
    monkeypatch.setattr(experiment.story.build, "config_digest", lambda _: json.loads(manifest.read_text())["config"])
    manifest = Path("it/checkpoints/step-000000002/manifest.json")
    with pytest.raises(CheckpointError, match=r"another model(.|\n)*state\.variables\.params\.linear_1\.weight: got"):
        train("model.0.features=9", run="it")


def test_the_best_model_is_the_final_one(train: Train) -> None:
    overrides = ("optimizer.learning_rate=0.3", "training={epochs=10}", "best={metric='loss'}", "checkpoint.keep=1")
    result = train(*overrides, run="it")
    rows = [row for row in read_metrics(result.run / "metrics.jsonl") if row["kind"] == "validation"]
    best = min(rows, key=lambda row: row["loss"])
    assert best["step"] < 70
    assert Checkpoints(result.run / "checkpoints").steps() == [best["step"], 70]
    saved = load_file(result.run / "checkpoints" / f"step-{best['step']:09}" / "state.safetensors")
    final = load_file(result.run / "model.safetensors")
    for name in (name for name in final if name.startswith("params.")):
        assert final[name].tobytes() == saved[f"state.variables.{name}"].tobytes()
    assert read_metrics(result.run / "metrics.jsonl")[-1]["step"] == best["step"]


def test_a_lost_best_model_is_not_replaced_in_silence(train: Train) -> None:
    overrides = ("optimizer.learning_rate=0.3", "training={epochs=10}", "checkpoint.keep=1")
    train(*overrides, "best={metric='loss'}", run="it")
    first = Checkpoints(Path("it/checkpoints")).steps()[0]
    train(*overrides, f"training={{steps={first}}}", "seed=1", run="other")
    lost = Path("it/checkpoints") / f"step-{first:09}"
    shutil.rmtree(lost)
    shutil.copytree(Path("other/checkpoints") / lost.name, lost)
    told = Console(file=StringIO(), width=300)
    for why in ("it is of another run", "it is not there"):
        with pytest.raises(CheckpointError, match=rf"the best model, of step {first}, is lost: .*{why}"):
            train(*overrides, "best={metric='loss'}", run="it", console=told)
        # Before it trains on, too, since a better one may come.
        assert f"so far, of step {first}, is lost ({why}): if none is better" in told.file.getvalue()
        shutil.rmtree(lost, ignore_errors=True)
    train(*overrides, run="it")


def test_a_torn_last_line_of_metrics_is_tolerated(train: Train, outcome: Outcome) -> None:
    train("checkpoint={every_steps=5}", run="whole")
    with pytest.raises(DiedError):
        train("checkpoint={every_steps=5}", run="it", dies_at=12)
    with Path("it/metrics.jsonl").open("a") as file:
        file.write('{"kind": "tra')
    train("checkpoint={every_steps=5}", run="it")
    assert outcome(Path("it")) == outcome(Path("whole"))


def test_who_starts_the_same_training_anew_is_told_of_what_is_unfinished(train: Train) -> None:
    with pytest.raises(DiedError):
        train("checkpoint.every_steps=2", dies_at=5)
    told = Console(file=StringIO(), width=200)
    train("checkpoint.every_steps=3", console=told)
    assert f"unfinished        {Path('runs/it')}, of the same training: --run {Path('runs/it')}" in told.file.getvalue()
    # Neither one of another training, nor one that is done.
    train("checkpoint.every_steps=3", run="runs/it")
    for override in ("seed=1", "seed=0"):
        told = Console(file=StringIO(), width=200)
        train(override, console=told)
        assert "unfinished" not in told.file.getvalue()


def test_the_folder_of_a_sweep_is_no_run(train: Train) -> None:
    Path("swept").mkdir()
    for name in ("sweep.toml", "lock"):
        Path("swept", name).touch()
    with pytest.raises(ConfigError, match="swept is the folder of a sweep; give another with --run"):
        train(run="swept")
