"""What a check found, in lines."""

from typing import Any

from .verdict import Finding


def finding_lines(check: str, finding: Finding) -> list[str]:
    """A finding in words, a line for each thing known of it."""
    rows = {
        "where": finding.where,
        "argument": _place(finding),
        "got": number_text(finding.got),
        "expected": number_text(finding.expected),
        "finite difference": number_text(finding.difference)
        and f"{number_text(finding.difference)} ± {number_text(finding.error)}",
        "diagnosis": finding.diagnosis and str(finding.diagnosis),
        "example": finding.example,
    }
    told = [(name, value) for name, value in rows.items() if value]
    for other in finding.also:
        told.append(("also", _joined(_place(other), _numbers(other), other.diagnosis.words if other.diagnosis else "")))
    return [f"{check}: {finding.what}", *(f"  {name:18} {value}" for name, value in told)]


def cause(finding: Finding) -> tuple[str, str, str]:
    """What two findings have in common that are told in full once: their figures may be others."""
    return finding.what, finding.argument.partition(" (")[0], finding.diagnosis.kind if finding.diagnosis else ""


def again_line(check: str, finding: Finding) -> str:
    """Where a check found what another had found."""
    parts = _joined(finding.where, _place(finding), _numbers(finding))
    return f"{check}: the same" + (f": {parts}" if parts else "")


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _numbers(finding: Finding) -> str:
    told = finding.expected is not None
    return f"got {number_text(finding.got)}, expected {number_text(finding.expected)}" if told else ""


def _place(finding: Finding) -> str:
    return f"{finding.argument}{list(finding.index) if finding.index else ''}"


def number_text(value: Any) -> str:
    """Six digits of a number; any other thing as it prints."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
