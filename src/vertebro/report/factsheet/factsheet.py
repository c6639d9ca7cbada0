"""Writes factsheets: one person's own sheet, and the general sheet of each procedure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vertebro.evidence.one_table import one_table
from vertebro.report.assessment import Assessment
from vertebro.report.factsheet.blocks import Sheet
from vertebro.report.factsheet.checklist import broken, checks_of
from vertebro.report.factsheet.content import general_sheet, with_findings
from vertebro.report.factsheet.numbers import Numbers
from vertebro.report.factsheet.page import html
from vertebro.report.factsheet.pdf import pdf
from vertebro.report.factsheet.personal import personal_sheet
from vertebro.report.factsheet.words import short
from vertebro.report.plain_language import Check
from vertebro.vocabulary.procedures import Procedure


@dataclass(frozen=True)
class Written:
    """The files of a factsheet, and every rule of plain language with its outcome."""

    page: Path
    document: Path
    checks: tuple[Check, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """The rules that the sheet does not keep."""
        return broken(self.checks)


def write_factsheet(assessment: Assessment, out: Path) -> Written:
    """Writes ``factsheet.html`` and ``factsheet.pdf`` of one person into a folder."""
    return _write(personal_sheet(assessment), assessment.case.on, out, "factsheet")


def write_general_factsheet(procedure: Procedure, on: date, out: Path) -> Written:
    """Writes the factsheet of a procedure, without personal data, into a folder."""
    return _write(general_factsheet(procedure, on), on, out, f"factsheet-{short(procedure)}")


def general_factsheet(procedure: Procedure, on: date) -> Sheet:
    """The factsheet of a procedure, from the one table and nobody's facts."""
    return general_sheet(Numbers(one_table({}), (procedure,)), on)


def _write(sheet: Sheet, on: date, out: Path, name: str) -> Written:
    checks = checks_of(sheet)
    shown = with_findings(sheet, broken(checks))
    page, document = out / f"{name}.html", out / f"{name}.pdf"
    page.write_text(html(shown), encoding="utf-8")
    document.write_bytes(pdf(shown, on))
    return Written(page, document, checks)
