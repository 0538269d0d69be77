"""What the user is told, told to log.txt as well."""

import re
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

# Text from a config or a file name must not steer the terminal; and a name that is no UTF-8 has surrogates in it.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def harmless(text: str) -> str:
    """`text` without what would steer a terminal."""
    return _CONTROL.sub("�", text)


class Log:
    """Prints lines to a rich console, and appends each to a file with the time (UTC) when `path` is given."""

    def __init__(self, path: Path | None, console: Console):
        self.path = path
        self.console = console

    def print(self, text: str, style: str | None = None) -> None:
        """Show `text` as it stands: no markup, no wrapping; `style` colours it on a terminal only."""
        text = harmless(text)
        if self.path is not None:
            time = datetime.now(UTC).isoformat(timespec="seconds")
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(f"{time} {line}\n" for line in text.split("\n"))
        encoding = self.console.encoding
        shown = text.encode(encoding, "replace").decode(encoding)
        self.console.print(shown, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
