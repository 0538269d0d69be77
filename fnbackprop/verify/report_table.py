"""A report as a table for the terminal."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from .report import VjpReport, summary
from .verdict import Verdict

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.DECLARED: "magenta",
    Verdict.NOT_RUN: "dim",
}


def report_table(report: VjpReport) -> Group:
    """The rule and its verdict, a row for each check, and what was found."""
    title = Text.assemble(
        (report.rule, "bold"), ": ", (report.verdict, _COLOURS[report.verdict]),
        f"  ({report.level}, seed {report.seed}, {report.seconds:.1f} s)",
    )  # fmt: skip
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for check in report.checks if report.ran else ():
        table.add_row(check.name, Text(check.verdict, _COLOURS[check.verdict]), Text(summary(check.outcome)))
    evidence = "\n".join([*report.evidence, "", f"again: {report.reproduce}"])
    # Broken by the terminal if at all, so that a command is copied in one piece.
    found = [Text(evidence, no_wrap=True, overflow="ignore")] if report.reproduce else []
    return Group(title, *map(Text, report.notes), table, *found, Text(""))
