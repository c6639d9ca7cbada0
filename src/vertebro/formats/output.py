"""Everything that comes out of one case, written into a folder: all of it or nothing."""

from __future__ import annotations

from pathlib import Path

from vertebro.formats.document import as_json, document
from vertebro.formats.writing import writing
from vertebro.report.assessment import Assessment
from vertebro.report.clinician import write_report


def write_output(assessment: Assessment, out: Path) -> Path:
    """Write the report, its figures and ``assessment.json`` into ``out``; gives the path of report.html."""
    with writing(out) as folder:
        folder.mkdir()
        (folder / "assessment.json").write_text(as_json(document(assessment)), encoding="utf-8")
        write_report(assessment, folder)
    return out / "report.html"
