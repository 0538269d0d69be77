"""Pictures of a graph beside its reversal: what is shown, where it lies, and how it is written."""

from .diagram import Diagram as Diagram
from .dot import write_dot as write_dot
from .mermaid import write_mermaid as write_mermaid
from .svg import write_svg as write_svg
