"""Everything that comes out of one case, written into a folder: all of it or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from vertebro.formats.document import as_json, document
from vertebro.formats.writing import set_aside, writing
from vertebro.report.assessment import Assessment
from vertebro.report.clinician import write_report
from vertebro.report.factsheet.factsheet import Written, write_factsheet, write_general_factsheet
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.procedures import Procedure


def write_output(assessment: Assessment, out: Path) -> Path:
    """Write report, figures, factsheet and ``assessment.json`` into ``out``; gives where report.html is.

    With a comparison also ``comparison.json`` and the surfaces; without, those of an earlier run are renamed.
    """
    compared = assessment.comparison is not None and not isinstance(assessment.comparison, Unknown)
    with writing(out) as folder:
        folder.mkdir()
        (folder / "assessment.json").write_text(as_json(document(assessment)), encoding="utf-8")
        if assessment.comparison is not None and not isinstance(assessment.comparison, Unknown):
            from vertebro.formats.compare_document import comparison_document  # here: it brings the solvers
            from vertebro.formats.procedure_files import write_procedures

            write_procedures(assessment.comparison, assessment.case, folder)
            (folder / "comparison.json").write_text(
                as_json(comparison_document(assessment.comparison)), encoding="utf-8"
            )
        write_report(assessment, folder)
        write_factsheet(assessment, folder)
    for name in () if compared else ("comparison.json", "surfaces"):
        set_aside(out / name)
    return out / "report.html"


def write_general_sheet(procedure: Procedure, on: date, out: Path) -> Written:
    """Write the general factsheet of a procedure (HTML and PDF) into the folder ``out``."""
    with writing(out) as folder:
        folder.mkdir()
        written = write_general_factsheet(procedure, on, folder)
    return replace(written, page=out / written.page.name, document=out / written.document.name)
