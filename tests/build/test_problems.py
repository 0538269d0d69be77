"""Each mistake is one line of file, path, what is wrong and the value."""

import pytest

from fnbackprop import ConfigError
from fnbackprop.build.problems import Problems, nearest

pytestmark = pytest.mark.quick


def test_a_mistake_is_one_line() -> None:
    problems = Problems("it.toml")
    problems.raise_any()
    problems.add("data.batch_size", "too large", 1000)
    problems.add("", "no\nmodel")
    problems.add("a\x1b[31m", "∂", "x" * 100)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    first, second, third = str(caught.value).split("\n")
    assert first == "it.toml: data.batch_size: too large (got 1000)"
    assert second == "it.toml: no model"
    assert third.startswith("it.toml: a [31m: ∂ (got 'xxx")
    assert len(third) < 120


def test_the_nearest_name_is_offered_beside_all() -> None:
    assert nearest("feature", ["features", "bias"]) == "did you mean 'features'? there are bias, features"
    assert nearest("zzz", ["b", "a"]) == "there are a, b"
    assert nearest("zzz", []) == "there are none"
