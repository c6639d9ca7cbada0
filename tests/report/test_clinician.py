"""The report's files on a real CT: all there, readable, in the folder they were asked into."""

from pathlib import Path

from vertebro.report.assessment import Assessment
from vertebro.report.clinician import write_report


def test_a_real_ct_gives_a_page_a_pdf_and_the_figures(lumbar_assessment: Assessment, tmp_path: Path) -> None:
    written = write_report(lumbar_assessment, tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in written}
    slices = {f"figures/{name}.svg" for name in ("spine", "sagittal", "coronal", "axial")}
    assert names == {"report.html", "report.pdf", "figures/solid.svg", "figures/heights.svg"} | slices
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == set(written)
