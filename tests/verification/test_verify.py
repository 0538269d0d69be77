"""`fnbackprop verify` as people run it."""

import json
from shlex import split

import pytest
from typer.testing import CliRunner

from fnbackprop.cli.commands import app

MINE = """
import jax, jax.numpy as jnp

def rule(slope):
    f = jax.custom_vjp(lambda x: x * x)
    f.defvjp(lambda x: (x * x, x), lambda x, dy: (slope * x * dy,))
    return f

right, wrong = rule(2), rule(3)

def leaky(slope, other):
    f = jax.custom_vjp(lambda x: jnp.where(x > 0, x, slope * x))
    f.defvjp(lambda x: (f(x), x), lambda x, dy: (jnp.where(x > 0, dy, other * dy),))
    return f

# At 0 the one that is right takes the other slope than JAX does.
leaks, mistaken = leaky(0.1, 0.1), leaky(0.01, 0.1)

def squash(xs):
    return jnp.tanh(xs)

def turned(params):
    return -params
examples = (jnp.array([0.5, -1.2, 2.0]),)

def made():
    return examples

nested, twice, number = [examples], 2 * examples, 3
"""
CONFIG = """
model = [{ module = "Linear", features = 4 }, { module = "ReLU" }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 8 }
cost = { name = "cross_entropy" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "small.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def verify(*arguments: str):
    return CliRunner().invoke(app, ["verify", *arguments])


def test_a_rule_of_ours_passes_by_name():
    result = verify("flatten")
    assert result.exit_code == 0
    assert "flatten: PASS" in result.output


@pytest.mark.parametrize(("rule", "code"), [("mine:right", 0), ("mine:wrong", 1)])
@pytest.mark.parametrize("examples", ["mine:examples", "mine:made"])
def test_a_rule_of_yours(folder, rule, code, examples):
    result = verify(rule, "--args", examples, "--json")
    assert result.exit_code == code
    assert [report["verdict"] for report in json.loads(result.output)] == ["FAIL" if code else "PASS"]


def test_a_configured_model_node_by_node_and_as_a_whole(folder):
    result = verify("small.toml", "--json")
    assert result.exit_code == 0, result.output
    reports = json.loads(result.output)
    checks = {check["name"]: check["outcome"] for check in reports[-1]["checks"]}
    assert checks["reference"]["figures"]["compared"] > 0
    names = [report["rule"] for report in reports]
    assert names == [
        "linear_1: Linear(features=4)",
        "relu_1: ReLU()",
        "linear_2: Linear(features=3)",
        "the whole graph",
    ]


@pytest.mark.parametrize(("rule", "code"), [("leaks", 0), ("mistaken", 1)])
def test_a_rule_of_yours_in_a_config_is_compared_with_its_own_function(folder, rule, code):
    node = f'model.1={{module="mine:{rule}"}}'
    result = verify("small.toml", node, "--allow", "mine", "--json")
    assert result.exit_code == code, result.output
    *nodes, whole = json.loads(result.output)
    assert [report["verdict"] for report in nodes] == ["PASS", "FAIL" if code else "PASS", "PASS"]
    assert whole["verdict"] == ("FAIL" if code else "PASS")
    checks = {check["name"]: check["outcome"] for check in nodes[1]["checks"]}
    assert checks["reference"]["verdict"] == nodes[1]["verdict"]
    if code:
        assert checks["reference"]["finding"]["argument"].split("[")[0] == "x"


@pytest.mark.parametrize("name", ["squash", "turned"])
def test_a_function_of_yours_may_call_its_input_anything(folder, name):
    result = verify("small.toml", f'model.1={{module="mine:{name}"}}', "--allow", "mine", "--only", "linearity")
    assert result.exit_code == 0, result.output


def test_a_config_in_a_folder_with_an_equals_sign_is_no_override(folder):
    (folder / "lr=0.1").mkdir()
    (folder / "lr=0.1/it.toml").write_text(CONFIG)
    result = verify("lr=0.1/it.toml", "--only", "linearity")
    assert result.exit_code == 0, result.output


def test_what_failed_in_a_config_can_be_run_again_with_its_overrides(folder):
    result = verify("small.toml", 'model.1={module="mine:mistaken"}', "--allow", "mine", "--only", "linearity")
    assert result.exit_code == 0
    result = verify("small.toml", 'model.1={module="mine:mistaken"}', "--allow", "mine", "--only", "taylor")
    (again,) = [line.removeprefix("again: ") for line in result.output.splitlines() if line.startswith("again: ")]
    assert verify(*split(again)[2:]).exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("softmx",),
        ("small.toml", "model.0.features=none"),
        ("softmax", "model.0.features=3"),
        ("seed=3",),
        ("mine:right",),
        ("mine:none", "--args", "mine:examples"),
        ("mine:right", "--args", "mine:rule"),
        ("mine:right", "--args", "mine:nested"),
        ("mine:examples", "--args", "mine:examples"),
        ("mine:right", "--args", "mine.examples"),
        ("flatten", "--args", "mine:examples"),
        ("softmax", "nowhere.toml"),
    ],
)
def test_what_cannot_be_found_is_said_in_a_line(folder, arguments):
    result = verify(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("softmx", "softmax"),
        ("digits_dagg", "digits_dag"),
        ("mine:rigth", "right"),
        ("mine.right", "mine:right"),
        ("mine.py", "mine:name"),
    ],
)
def test_the_nearest_name_is_offered(folder, typed, meant):
    assert f"did you mean '{meant}'?" in verify(typed, "--args", "mine:examples").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mine.py:right", "--args", "mine:examples"), "does not say what to import: write 'mine:right'"),
        (("mine:right", "--args", "mine.examples"), "does not say what to import: write 'mine:examples'"),
        (("mine:number", "--args", "mine:examples"), "'mine:number' is an int; wanted a function"),
        (("mine:right", "--args", "mine:number"), "'mine:number' is an int; --args wants a tuple"),
        (("mine:right", "--args", "mine:twice"), "too many positional arguments; --args wants a tuple"),
        (("mine:right", "--args", "mine:examples", "--only", "linarity"), "no check is called linarity"),
        (("mine:right", "--args", "mine:examples", "--surrogate", ""), "surrogate is ''; it wants the reason"),
        (("flatten", "--surrogate", "a whim"), "--args and --surrogate are of a rule of yours"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(folder, arguments, words):
    assert words in verify(*arguments).output.replace("\n", " ")


def test_what_failed_can_be_run_again_with_the_command_that_is_shown(folder):
    result = verify(
        "mine:wrong", "--args", "mine:examples", "--seed", "3", "--only", "linearity", "--only", "reference"
    )
    (again,) = [line.removeprefix("again: ") for line in result.output.splitlines() if line.startswith("again: ")]
    assert again == "fnbackprop verify mine:wrong --args mine:examples --level fast --seed 3 --only reference"
    checks = json.loads(verify(*split(again)[2:], "--json").output)[0]["checks"]
    assert [check["name"] for check in checks] == ["reference"]


def test_a_surrogate_is_declared_on_the_command_line_too(folder):
    options = ("--args", "mine:examples", "--only", "reference", "--json")
    result = verify("mine:wrong", *options, "--surrogate", "on purpose")
    assert result.exit_code == 0
    assert json.loads(result.output)[0]["verdict"] == "DECLARED"


def test_one_check_of_a_configured_model(folder):
    result = verify("small.toml", "--only", "invoked", "--only", "linearity", "--json")
    assert result.exit_code == 0, result.output
    checks = {report["rule"]: [check["name"] for check in report["checks"]] for report in json.loads(result.output)}
    assert checks["relu_1: ReLU()"] == ["invoked", "linearity"]
    assert checks["the whole graph"] == ["linearity"]


def test_nothing_to_check_is_an_error(folder):
    (folder / "whole.py").write_text("def f(i):\n    return i + 1\n\nexamples = (1,)\n")
    assert verify("whole:f", "--args", "whole:examples").exit_code == 2


def test_json_holds_what_is_not_finite_as_text(folder):
    (folder / "odd.py").write_text(MINE.replace("slope * x * dy", "x * dy / 0"))
    report = verify("odd:right", "--args", "odd:examples", "--json")
    assert json.loads(report.output)[0]["verdict"] == "FAIL"


def without_times(result):
    reports = json.loads(result.output)
    for report in reports:
        del report["seconds"]
        for check in report["checks"]:
            del check["seconds"]
    return reports


def test_processes_that_share_the_rules_find_the_same(folder):
    names = ("mine:right", "flatten", "mine:wrong", "--args", "mine:examples", "--only", "reference", "--json")
    shared, alone = verify(*names, "--jobs", "2"), verify(*names, "--jobs", "1")
    assert [report["verdict"] for report in without_times(shared)] == ["PASS", "PASS", "FAIL"]
    assert without_times(shared) == without_times(alone)
    assert shared.exit_code == alone.exit_code == 1


def test_processes_that_share_the_checks_of_a_rule_find_the_same(folder):
    names = ("mine:wrong", "--args", "mine:examples", "--level", "full", "--json")
    checks = ("--only", "purity", "--only", "reference", "--only", "linearity")
    shared, alone = verify(*names, *checks, "--jobs", "2"), verify(*names, *checks, "--jobs", "1")
    assert [check["name"] for check in without_times(shared)[0]["checks"]] == ["reference", "linearity", "purity"]
    assert without_times(shared) == without_times(alone)


def test_a_mistake_in_a_later_name_is_told_before_anything_is_verified():
    result = verify("flatten", "flaten")
    assert result.exit_code == 2
    assert "PASS" not in result.output


def test_that_not_all_checks_ran_is_said(folder):
    assert "not all checks were run" in verify("softmax", "--only", "linearity").output
