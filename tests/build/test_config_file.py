"""Files that are no configs are named, and overrides reach where they point."""

import re
from pathlib import Path

import pytest

from fnbackprop import ConfigError
from fnbackprop.build.config_file import (
    apply_overrides,
    config_name,
    find_config,
    odd_values,
    read_toml,
    shipped_configs,
)

pytestmark = pytest.mark.quick


def read(tmp_path: Path, content: bytes) -> dict:
    path = tmp_path / "it.toml"
    path.write_bytes(content)
    return read_toml(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "seed = 1\n[data]\nsource = '∂'".encode()) == {"seed": 1, "data": {"source": "∂"}}


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfseed = 1\r\n") == {"seed": 1}


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfes\x00", b"seed =", b"seed = 1\nseed = 2", b"a = '\x00'", b"a = " + b"[" * 5000, b"a=" + b"9" * 5000],
    ids=["UTF-16", "unfinished", "twice", "NUL", "deep", "long"],
)
def test_what_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"it\.toml: not valid TOML: ."):
        read(tmp_path, content)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read(tmp_path, b"#" * (2 << 20))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "gone.toml")


def test_a_shipped_config_is_found_by_name_and_a_file_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config("digits_mlp") == shipped_configs()["digits_mlp"]
    Path("digits_mlp").write_text("")
    assert find_config("digits_mlp") == Path("digits_mlp")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/dev/null", "is no regular file"),
        ("digits_mpl", "does not exist.*did you mean 'digits_mlp'"),
        (".", "is a folder"),
        ("", "there are .*digits_mlp"),
    ],
)
def test_a_config_that_is_not_there_is_named(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_config(name)


TABLES = {"seed": 0, "model": [{"module": "Linear", "features": 3}, {"module": "ReLU"}], "data": {"source": "iris"}}


@pytest.mark.parametrize(
    ("override", "place", "value"),
    [
        ("seed=0x10", ["seed"], 16),
        ("optimizer.learning_rate=3e-4", ["optimizer", "learning_rate"], 3e-4),
        ("model.0.features=64", ["model", 0, "features"], 64),
        ("model.1={module='Tanh'}", ["model", 1], {"module": "Tanh"}),
        ("data = { source = 'wine', batch_size = 8 }", ["data"], {"source": "wine", "batch_size": 8}),
        ("model.0.inputs=['x', 'y']", ["model", 0, "inputs"], ["x", "y"]),
        ("optimizer.name=sgd", ["optimizer", "name"], "sgd"),
        ("data.path=some/file-1.csv", ["data", "path"], "some/file-1.csv"),
        ("data.source=my_pkg.files:mine", ["data", "source"], "my_pkg.files:mine"),
        ("data.path='a=b'", ["data", "path"], "a=b"),
        ("penalties.biases=true", ["penalties", "biases"], True),
        ("data.batch_size=8 # small", ["data", "batch_size"], 8),
    ],
)
def test_an_override_sets_one_place(override: str, place: list, value: object) -> None:
    found = apply_overrides(TABLES, [override])
    for key in place:
        found = found[key]
    assert found == value
    assert type(found) is type(value)


def test_overrides_are_applied_in_turn_and_change_nothing_else() -> None:
    found = apply_overrides(TABLES, ["seed=1", "data.batch_size=8", "seed=2"])
    assert found == {**TABLES, "seed": 2, "data": {"source": "iris", "batch_size": 8}}
    assert TABLES["seed"] == 0
    assert TABLES["data"] == {"source": "iris"}


@pytest.mark.parametrize(
    ("overrides", "training"),
    [
        (["training.steps=5"], {"steps": 5, "devices": 2}),
        (["training.epochs=5"], {"epochs": 5, "devices": 2}),
        (["training.steps=5", "training.epochs=6"], {"steps": 5, "epochs": 6, "devices": 2}),  # a mistake, told later
    ],
)
def test_a_length_in_steps_takes_the_place_of_one_in_epochs(overrides: list[str], training: dict) -> None:
    tables = {"training": {"epochs": 2, "devices": 2}}
    assert apply_overrides(tables, overrides) == {"training": training}
    assert tables == {"training": {"epochs": 2, "devices": 2}}


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("digits_mlp", "digits_mlp"),
        ("mine/it.toml", "it"),
        ("mine/config.toml", "config"),
        ("runs/it-2/config.toml", "it-2"),
        (Path("config.toml"), "it-2"),
        ("runs/it-2/checkpoints/../config.toml", "it-2"),
    ],
)
def test_a_run_is_called_as_its_config_or_as_the_run_that_it_repeats(
    config: str | Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "runs/it-2"
    run.mkdir(parents=True)
    (run / "status.json").write_text("{}")
    monkeypatch.chdir(run if config == Path("config.toml") else tmp_path)
    assert config_name(config) == name


@pytest.mark.parametrize("override", ["seed", "=3", "a..b=3", ".a=1", "a.=1", ""])
def test_an_override_wants_key_and_value(override: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"'{override}': wanted key=value")):
        apply_overrides(TABLES, [override])


@pytest.mark.parametrize("value", ["", "[", "a b", "1\nmodel=[]", "2024-13-01", "tru e", "{a=1", "9" * 5000])
def test_an_override_wants_one_toml_value(value: str) -> None:
    with pytest.raises(ConfigError, match=r"override 'seed=.*is not a TOML value"):
        apply_overrides(TABLES, [f"seed={value}"])


@pytest.mark.parametrize("place", ["2", "-1", "x", "²", "00", "9" * 5000])
def test_an_override_of_a_list_wants_a_place_in_it(place: str) -> None:
    with pytest.raises(ConfigError, match="is no place in a list of 2; they count from 0"):
        apply_overrides(TABLES, [f"model.{place}.features=3"])


@pytest.mark.parametrize("override", ["seed=" + "[" * 5000, "model." + "9" * 5000 + "=3", "seed" * 5000])
def test_a_long_override_is_not_repeated_whole(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        apply_overrides(TABLES, [override])
    assert len(str(caught.value)) < 500


def test_an_override_inside_a_number_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"override 'seed\.x=3': 'x' is looked for inside 0, which is not a table"):
        apply_overrides(TABLES, ["seed.x=3"])


def test_what_toml_can_say_and_no_config_does() -> None:
    deep: dict = {}
    for _ in range(2000):
        deep = {"a": deep}
    found = dict(odd_values({"a": [{"b": 2**63}], "c": -(2**63), "deep": deep, "d": True, "e": 1.5}))
    assert next(iter(found)) == "a.0.b"
    assert "64 bits" in found["a.0.b"]
    assert [what for place, what in found.items() if place.startswith("deep.a.a")] == ["nested deeper than a config is"]
    assert len(found) == 2
