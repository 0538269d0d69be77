"""Shapes and types in signatures are enforced while the tests run."""

from jaxtyping import install_import_hook

# Not pytest's option --jaxtyping-packages: by then the package's own pytest plugin has been imported.
install_import_hook("fnbackprop", "beartype.beartype")
