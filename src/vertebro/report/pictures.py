"""Every picture of a report, drawn once for the page, the PDF and the folder of figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vertebro.report.assessment import Assessment
from vertebro.report.evidence_section import forest_plots
from vertebro.report.figures import Picture, slices
from vertebro.report.heights_chart import heights_chart
from vertebro.report.mri_picture import mri_picture
from vertebro.report.readable import readable
from vertebro.report.sentences import say
from vertebro.report.simulation_section import inlays_of_procedures, pictures_of_procedures
from vertebro.report.surfaces3d import scene, still, surfaces
from vertebro.vocabulary.known import Unknown


@dataclass(frozen=True)
class Pictures:
    """Every picture of a report, and the scene of the interactive one."""

    slices: tuple[Picture, ...]
    still: Picture | None
    chart: Picture | None
    scene: dict[str, Any] | None
    why_none: str
    forests: tuple[Picture, ...] = ()
    procedures: tuple[Picture, ...] = ()

    @classmethod
    def of(cls, assessment: Assessment) -> Pictures:
        """Drawn from the assessment; what cannot be drawn is None."""
        spine, findings, level = assessment.case.spine, assessment.findings, assessment.case.level
        chosen = None if isinstance(level, Unknown) else level
        chart = None if isinstance(findings, Unknown) else heights_chart(findings, chosen)
        forests = forest_plots(assessment.evidence) if assessment.evidence else ()
        if isinstance(spine, Unknown):
            why = readable(say("picture.none", why=spine.why))
            return cls((), None, chart, None, why, forests)
        shapes = surfaces(spine)
        on_mri = mri_picture(assessment)
        drawn = (*slices(assessment), *((on_mri,) if on_mri else ()))
        played = pictures_of_procedures(assessment)
        turned = scene(shapes, chosen, inlays_of_procedures(assessment))
        return cls(drawn, still(shapes, chosen), chart, turned, "", forests, played)

    def __iter__(self) -> Iterator[Picture]:
        every = (*self.slices, self.still, self.chart, *self.forests, *self.procedures)
        return (p for p in every if p is not None)
