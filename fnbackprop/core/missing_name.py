"""A name that a package does not have, with the one that was probably meant."""

import sys
from difflib import get_close_matches
from typing import NoReturn


def refuse_name(package: str, name: str) -> NoReturn:
    """Raises AttributeError for an attribute that `package` does not have; capitals do not count for the nearest.

    It is for the package's `__getattr__`. To `from package import name` Python says only that there is no such name.
    """
    held = vars(sys.modules[package])
    # What was made in the package: neither its files nor what those import from elsewhere.
    own = (n for n, thing in held.items() if str(getattr(thing, "__module__", "")).startswith(package))
    folded = {n.lower(): n for n in held.get("__all__") or own}
    near = get_close_matches(name.lower(), folded, n=1)
    hint = f"; did you mean '{folded[near[0]]}'?" if near else ""
    # To a name without an object Python adds no suggestion, which would repeat this one.
    raise AttributeError(f"{package} has no '{name}'{hint}", name=name, obj=None)
