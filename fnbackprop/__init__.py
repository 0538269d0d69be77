"""Train neural networks in JAX through hand-written, documented and checked derivatives.

The rules are functions with their derivatives written out: `fnbackprop.relu(x)`, `fnbackprop.linear(x, weight, bias)`.
`fnbackprop.reference` has the same names, differentiated by JAX; `fnbackprop.modules` has them as modules of a `Graph`.
All public names stand in `__init__.pyi`.
"""

from typing import Any

import lazy_loader

from .core.missing_name import refuse_name

# A name is imported when it is first used, so that `fnbackprop --help` does not wait for JAX.
_import, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    return _import(name) if name in __all__ else refuse_name(__name__, name)
