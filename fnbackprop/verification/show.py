"""Reports on the screen, or as JSON."""

from collections.abc import Iterator
from json import dumps, loads

from rich.console import Console

from ..core.errors import ConfigError
from ..verify import Verdict, VjpReport, report_table


def show(reports: Iterator[VjpReport], json: bool, strict: bool) -> bool:
    """Print each report as it comes, and whether all rules passed; an inconclusive one does unless `strict`.

    Raises ConfigError where no check ran at all.
    """
    made = []
    for report in reports:
        made.append(report)
        if not json:
            Console().print(report_table(report), crop=False)
    if json:
        print(dumps([loads(report.to_json()) for report in made], indent=2))
    if not any(report.ran for report in made):
        raise ConfigError("no check ran: there is nothing here to be verified")
    bad = {Verdict.FAIL, *([Verdict.INCONCLUSIVE] if strict else [])}
    return all(report.ran and report.verdict not in bad for report in made)
