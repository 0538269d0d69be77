"""Random keys as plain arrays, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def keys_to_data(arrays: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays on the host, those of typed keys as their data; and these keys' generators by name."""
    import jax

    keys = {name for name, x in arrays.items() if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key)}
    generators = {name: str(jax.random.key_impl(arrays[name])) for name in keys}
    plain = {name: jax.random.key_data(x) if name in keys else x for name, x in arrays.items()}
    return {name: np.asarray(x) for name, x in jax.device_get(plain).items()}, generators


def data_to_keys(arrays: Mapping[str, np.ndarray], generators: Mapping[str, str]) -> dict[str, Any]:
    """The arrays, with those that have a generator as typed keys; raises ValueError for one that JAX has not."""
    import jax

    def make(name: str, x: np.ndarray) -> Any:
        return jax.random.wrap_key_data(jax.numpy.asarray(x), impl=generators[name]) if name in generators else x

    return {name: make(name, x) for name, x in arrays.items()}
