"""Runs side by side: in a list, in CSV, on a page."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from fnbackprop import ConfigError
from fnbackprop.cli.commands import app
from fnbackprop.records import (
    MetricsLog,
    RunFolder,
    compare_runs,
    list_runs,
    metrics_csv,
    read_metrics,
    runs_lines,
    runs_table,
)
from fnbackprop.records.runs import RunSummary

pytestmark = pytest.mark.quick


def make(path: Path, seed: int, state: str, accuracies: list[float]) -> RunFolder:
    path.mkdir(parents=True)
    run = RunFolder(path)
    run.config.write_text(f'seed = {seed}\nmodel = [{{ module = "Linear" }}]\n')
    run.status.write_text(json.dumps({"state": state, "step": 10 * len(accuracies), "reason": "", "time": ""}))
    log = MetricsLog(run.metrics)
    for i, accuracy in enumerate(accuracies, 1):
        place = {"step": 10 * i, "epoch": i / 2}
        log.append({"kind": "train", **place, "loss": 1 / i, "seconds": 1.0})
        log.append({"kind": "validation", **place, "loss": 2 / i, "accuracy": accuracy})
    if state == "done":
        log.append({"kind": "test", **place, "loss": 0.3, "accuracy": 0.75})
    return run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    make(tmp_path / "a", 0, "done", [0.5, 0.9, 0.8])
    make(tmp_path / "b", 1, "running", [0.25])
    make(tmp_path / "c", 0, "running", [])
    (tmp_path / "no run").mkdir()
    return tmp_path


def test_each_run_is_a_line_with_what_sets_it_apart(runs: Path) -> None:
    with RunFolder(runs / "c").locked():
        a, b, c = list_runs(runs)
    assert a == ("a", "done", 30, "accuracy 90.00 %", "accuracy 75.00 %", "", {"seed": 0})
    assert b == ("b", "killed", 10, "accuracy 25.00 %", "", "", {"seed": 1})
    assert (c.name, c.state, c.best) == ("c", "running", "")
    assert "accuracy 90.00 %" in table([a, b, c])


def table(runs: list[RunSummary]) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(runs_table(runs))
    return console.export_text()


def test_what_would_steer_a_terminal_is_not_shown(runs: Path) -> None:
    (runs / "a" / "status.json").write_text(json.dumps({"state": "\x1b[2Jdone", "reason": "\x9b2J"}))
    console = Console(width=200, file=io.StringIO())
    console.print(runs_table(list_runs(runs)))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "�[2Jdone" in said
    assert not {"\x1b", "\x9b"} & {*said}


def test_models_that_have_little_in_common_are_told_in_a_few_words(runs: Path) -> None:
    (runs / "b/config.toml").write_text(
        "seed = 0\n" + "".join(f'[[model]]\nmodule = "Linear"\nfeatures = {n}\n' for n in range(40))
    )
    assert [run.differences for run in list_runs(runs)] == [
        {"model": model} for model in ("Linear", "40 Linear", "Linear")
    ]
    (runs / "b/config.toml").write_text('seed = 0\nmodel = [{ module = "Linear", features = 9 }]\n')
    assert [run.differences for run in list_runs(runs)] == [{}, {"features": 9}, {}]


def test_what_differs_has_a_name_that_says_something(runs: Path) -> None:
    told = {"a": ("[]", "adam"), "b": ('["tensorboard"]', "sgd"), "c": ("[]", "adam")}
    for name, (trackers, optimizer) in told.items():
        (runs / name / "config.toml").write_text(f'trackers = {trackers}\noptimizer = {{ name = "{optimizer}" }}\n')
    assert [run.differences for run in list_runs(runs)] == [
        {"optimizer": "adam"},
        {"optimizer": "sgd", "trackers.0": "tensorboard"},
        {"optimizer": "adam"},
    ]


def test_a_run_of_its_own_is_a_line_and_no_run_is_a_mistake(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, here in (("a", runs), (".", runs / "a")):
        monkeypatch.chdir(here)
        (run,) = list_runs(Path(folder))
        assert (run.name, run.state, run.differences) == ("a", "done", {})
    assert table([run]).split("\n")[0].split() == ["run", "state", "step", "best", "validation", "test"]
    with pytest.raises(ConfigError, match="no run holds no runs"):
        list_runs(runs / "no run")


def test_why_a_run_ended_is_told_without_the_remedy(runs: Path) -> None:
    said = {"state": "failed", "step": 3, "reason": "step 3: the loss is nan; lower the rate\nor not"}
    (runs / "b/status.json").write_text(json.dumps(said))
    assert list_runs(runs)[1].reason == "step 3: the loss is nan"
    assert "step 3: the loss is nan" in table(list_runs(runs))


def test_a_damaged_run_does_not_hide_the_others(runs: Path) -> None:
    (runs / "b/metrics.jsonl").write_text("{\n")
    (runs / "b/status.json").write_text("[" * 100_000)
    (runs / "a/config.toml").write_bytes(b"\xff")
    names = [(run.name, run.state, run.best) for run in list_runs(runs)]
    assert names[:2] == [("a", "done", "accuracy 90.00 %"), ("b", "unreadable", "unreadable")]
    with pytest.raises(ConfigError, match="is no folder"):
        list_runs(runs / "gone")


def test_csv_has_a_column_for_each_figure(tmp_path: Path) -> None:
    rows = [
        {"kind": "train", "step": 1, "loss": 0.5},
        {"kind": "health", "step": 1, "nodes": {"linear_1": {"dead": 0.0}}},
        {"kind": "test", "step": 2, "note": 'a "b", c'},
    ]
    found = list(csv.DictReader(metrics_csv(rows).splitlines()))
    assert [row["loss"] for row in found] == ["0.5", "", ""]
    assert found[1]["nodes.linear_1.dead"] == "0.0"
    assert found[2]["note"] == 'a "b", c'


def test_names_and_differences_stay_as_they_are_in_a_line() -> None:
    run = RunSummary("a  b", "done", None, "", "", "one\nthing", {"rate": 0.1, "seed": 1})
    assert runs_lines([run]).splitlines()[1] == "a  b\tdone\t\t\t\tone thing\trate=0.1  seed=1"


def test_the_commands(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)

    def said(*arguments: str) -> str:
        result = CliRunner(env={"COLUMNS": "20"}).invoke(app, arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    (runs / "c/status.json").write_text(json.dumps({"state": "failed", "step": 3, "reason": "disk\tfull " * 50}))
    header, a, b, c = (line.split("\t") for line in said("runs", ".").splitlines())
    assert header == ["run", "state", "step", "best validation", "test", "reason", "config"]
    # Not padded, however long another is.
    assert a == ["a", "done", "30", "accuracy 90.00 %", "accuracy 75.00 %", "", "seed=0"]
    assert b[:2] == ["b", "killed"]
    assert c[5] == " ".join(["disk full"] * 50)
    assert [json.loads(line)["kind"] for line in said("metrics", "b").splitlines()] == ["train", "validation"]
    assert said("metrics", "b", "--csv").startswith("kind,step,epoch,loss,seconds,accuracy\ntrain,10,")
    assert said("report", "a", "b", "-o", "both.html") == "wrote both.html\n"
    assert CliRunner().invoke(app, ["report", "a", "gone"]).exit_code == 2
    assert CliRunner().invoke(app, ["metrics", "gone"]).exit_code == 2


class Page(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.cells: list[str] = []
        self.charts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.charts += tag == "svg"

    def handle_data(self, data: str) -> None:
        self.cells.append(data.strip())


def test_a_page_compares_runs(runs: Path, tmp_path: Path) -> None:
    compare_runs([runs / "a", runs / "b"], tmp_path / "both.html")
    page = Page((tmp_path / "both.html").read_text(encoding="utf-8"))
    assert page.charts == 3  # validation loss and accuracy, train loss
    for cell in ("a", "b", "killed", "seed=1", "accuracy 90.00 %", "Validation accuracy"):
        assert cell in page.cells
    with pytest.raises(ConfigError, match=r"gone/both\.html: the folder .*gone does not exist"):
        compare_runs([runs / "a"], tmp_path / "gone" / "both.html")


def test_more_runs_than_colours_and_equal_names(tmp_path: Path) -> None:
    paths = [make(tmp_path / str(i) / "run", i, "done", [0.5, 0.6]).path for i in range(10)]
    compare_runs(paths, tmp_path / "all.html")
    page = Page((tmp_path / "all.html").read_text(encoding="utf-8"))
    assert all(str(path) in page.cells for path in paths)
    assert len(read_metrics(paths[0] / "metrics.jsonl")) == 5
