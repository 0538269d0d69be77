"""How much room text takes in a picture, and how long text is cut."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

# In pixels: the sizes of a box's first line and of all other text, and from one line to the next.
TITLE, TEXT = 20.0, 15.0
FIRST_LINE, LINE = 26.0, 20.0
# Text is set in a monospaced font, whose letters are at most this part of its size wide.
_ADVANCE = 0.61
_LONGEST = 32


def width(text: str, size: float) -> float:
    """The width of a line in pixels; wide letters (Chinese, Japanese, Korean) count twice."""
    letters = sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
    return _ADVANCE * size * letters


def block_width(lines: Sequence[str]) -> float:
    """The width of the lines of a box."""
    return max((width(shown(line), TEXT if i else TITLE) for i, line in enumerate(lines)), default=0.0)


def block_height(lines: Sequence[str]) -> float:
    """The height of the lines of a box."""
    return FIRST_LINE + (len(lines) - 1) * LINE if lines else 0.0


def shown(text: str) -> str:
    """Text as a box shows it: the end of a long line is left out."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
