"""Each error ends the command with its own code, and a config's mistakes are kept apart."""

from pathlib import Path
from typing import Any

import pytest

from fnbackprop import ConfigError, DataError, FnbackpropError, GraphError, NonFiniteError, ShapeError
from fnbackprop.core.errors import of_own_code

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("error", "code"),
    [(FnbackpropError, 70), (ConfigError, 2), (GraphError, 2), (ShapeError, 2), (DataError, 3), (NonFiniteError, 4)],
)
def test_exit_codes(error: type[FnbackpropError], code: int) -> None:
    assert issubclass(error, FnbackpropError)
    assert error("why").exit_code == code
    assert str(error("why")) == "why"


def test_a_config_error_holds_one_problem_or_many() -> None:
    assert ConfigError("a").problems == ("a",)
    assert ConfigError(["a", "b"]).problems == ("a", "b")
    assert str(ConfigError(["a", "b"])) == "a\nb"


def test_a_shape_that_does_not_fit_is_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="why"):
        raise ShapeError("why")


def test_an_error_of_own_code_says_which_line_raised_it(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text("import json\n\n\ndef read(text):\n    return json.loads(text)\n")
    space: dict[str, Any] = {}
    exec(compile((tmp_path / "theirs.py").read_text(), str(tmp_path / "theirs.py"), "exec"), space)
    with pytest.raises(ValueError, match="Expecting value") as caught:
        space["read"]("")
    # Not the line of the standard library that found it, nor the one here that called it.
    assert of_own_code(caught.value).startswith("JSONDecodeError: Expecting value")
    assert of_own_code(caught.value).endswith(" (theirs.py, line 5)")
    assert of_own_code(ValueError("never raised")) == "ValueError: never raised"
