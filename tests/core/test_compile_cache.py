"""What is compiled is kept, in the user's cache alone, and a damaged entry costs a compilation and no more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from fnbackprop.core.compile_cache import keep_compiled
keep_compiled()
import jax, jax.numpy as jnp
hits = []
jax.monitoring.register_event_listener(lambda name, **_: hits.append(name.endswith("/cache_hits")))
assert jax.jit(lambda x: jnp.tanh(x) + 1)(jnp.ones(3))[0] > 1
print(any(hits), jax.config.jax_compilation_cache_dir)
"""


@pytest.fixture
def start(tmp_path: Path):
    """Run the script as a user would; whether a program was taken from the cache, and where that is."""

    def run(**variables: str) -> tuple[str, str]:
        environment = {name: value for name, value in os.environ.items() if "CACHE" not in name}
        environment |= {"XDG_CACHE_HOME": str(tmp_path)} | variables
        ended = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        assert not ended.stderr
        hit, folder = ended.stdout.split(maxsplit=1)
        return hit, folder.strip()

    return run


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_CACHE_HOME")
def test_a_second_start_compiles_nothing_and_a_torn_entry_is_replaced(start, tmp_path: Path) -> None:
    folder = tmp_path / "fnbackprop" / "compiled"
    assert start() == ("False", str(folder))
    assert start() == ("True", str(folder))
    for entry in folder.glob("*-cache"):
        entry.write_bytes(entry.read_bytes()[:50])
    assert start() == ("False", str(folder))
    assert start() == ("True", str(folder))


def test_what_the_user_says_goes(start, tmp_path: Path) -> None:
    assert start(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "mine"))[1] == str(tmp_path / "mine")
    assert start(JAX_ENABLE_COMPILATION_CACHE="false")[1] == "None"
