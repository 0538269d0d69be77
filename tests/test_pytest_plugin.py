"""Rules as tests: ids, skips, expected failures, and failures that say what was found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fnbackprop

TESTS = """
import jax, jax.numpy as jnp
from fnbackprop import vjp_test

def rule(forward, backward):
    f = jax.custom_vjp(forward)
    f.defvjp(lambda x: (forward(x), x), backward)
    return f

X = jnp.array([0.5, -1.2, 2.0])
test_right = vjp_test(rule(lambda x: x * x, lambda x, dy: (2 * x * dy,)), X)
test_wrong = vjp_test(rule(lambda x: x * x, lambda x, dy: (3 * x * dy,)), X)
test_raising = vjp_test(rule(lambda x: x * x, lambda x, dy: 1 // 0), X)
test_declared = vjp_test(rule(lambda x: jnp.round(x), lambda x, dy: (dy,)), X, surrogate="straight-through")
"""


def run(folder: Path, *options: str) -> str:
    (folder / "test_rules.py").write_text(TESTS)
    environment = {**os.environ, "PYTHONPATH": str(Path(fnbackprop.__file__).parents[1])}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-rsx", *options]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300).stdout


def test_each_check_is_a_test(tmp_path):
    output = run(tmp_path, "-k", "linearity or reference or devices or randomness")
    for line in (
        "test_right[linearity] PASSED",
        "test_right[randomness] SKIPPED",
        "test_right[devices] SKIPPED",
        "test_wrong[reference] FAILED",
        "test_declared[reference] XFAIL",
    ):
        assert line in output
    assert "needs --vjp-level=full" in output
    assert "exactly 1.5×" in output
    assert "straight-through" in output


def test_an_error_is_told_once(tmp_path):
    output = run(tmp_path, "-k", "raising and (value or reference or linearity)", "-n0")
    assert output.count("raises ZeroDivisionError when differentiated: integer division") == 1
    assert "test_raising[value] FAILED" in output
    assert "test_raising[linearity] SKIPPED" in output
    assert "it raises the same as in value" in output


def test_the_level_is_an_option(tmp_path):
    assert "test_right[modes] PASSED" in run(tmp_path, "-k", "right and modes", "--vjp-level=full")


def test_a_declaration_that_does_not_exist_is_refused_where_it_is_written():
    with pytest.raises(TypeError, match="no declaration is called surogate"):
        fnbackprop.vjp_test(lambda x: x, 1.0, surogate="straight-through")


@pytest.mark.parametrize(
    ("args", "words"), [((1.0, 2.0), "does not take these arguments: .* takes 1"), ((1,), "nothing to differentiate")]
)
def test_arguments_that_cannot_be_verified_at_are_refused_once_and_not_in_each_test(args, words):
    with pytest.raises(ValueError, match=words):
        fnbackprop.vjp_test(lambda x: x, *args)
