"""The config that sweeps are made of, in a folder of its own."""

from pathlib import Path

import pytest

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "Dropout", rate = 0.2 }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
optimizer = { learning_rate = 0.01 }
training = { epochs = 2 }
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("it.toml").write_text(CONFIG)
