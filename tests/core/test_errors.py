"""Each error ends the command with its own code, and a config's mistakes are kept apart."""

import pytest

from fnbackprop import ConfigError, DataError, FnbackpropError, GraphError, NonFiniteError, ShapeError

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
