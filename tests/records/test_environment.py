"""Enough to explain a run, and nothing about who ran it where."""

import json
import platform
import sys
from pathlib import Path

import jax
import pytest

from fnbackprop.records import environment

pytestmark = pytest.mark.quick


def test_names_versions_devices_and_numbers():
    found = environment()
    assert found["versions"]["jax"] == jax.__version__
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"].keys() == {"python", "fnbackprop", "jax", "jaxlib", "optax", "numpy"}
    assert sum(device["count"] for device in found["devices"]) == jax.device_count()
    assert found["devices"][0]["platform"] == jax.devices()[0].platform
    assert found["numbers"]["default_float"] == ("float64" if jax.config.jax_enable_x64 else "float32")
    assert found["cpu"]["count"] >= 1
    assert found["cpu"]["name"]


@pytest.mark.parametrize(
    ("argument", "kept"),
    [
        ("configs/digits_mlp.toml", "configs/digits_mlp.toml"),
        ("optimizer.learning_rate=3e-4", "optimizer.learning_rate=3e-4"),
        ("my_pkg.layers:Swish", "my_pkg.layers:Swish"),
        ("/home/alice.smith", "<path>"),
        ("--run=/home/alice/a run/x", "--run=<path>"),
        ("~alice/x.toml", "<path>"),
        ("~/x.toml", "<path>"),
        (r"C:\Users\alice\x.toml", "<path>"),
        (r"\\server\alice", "<path>"),
        ('data.folder="/home/alice/a=b, c/d"', 'data.folder="<path>"'),
        ('data.files=["/home/alice","b/c"]', 'data.files=["<path>","b/c"]'),
    ],
)
def test_command_line_keeps_no_absolute_path(monkeypatch, argument: str, kept: str):
    monkeypatch.setattr(sys, "argv", ["/home/alice/bin/fnbackprop", "train", argument])
    assert environment()["command"] == ["fnbackprop", "train", kept]


def test_no_host_or_user_name(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["fnbackprop"])
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    found = environment()
    assert found.keys() == {"versions", "system", "cpu", "devices", "numbers", "command"}
    text = json.dumps(found)
    assert "secret-host" not in text
    assert str(Path.home()) not in text
