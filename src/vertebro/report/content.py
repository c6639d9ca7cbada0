"""What the report says, in words and tables, before it becomes a page: both HTML and PDF show this."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from vertebro.fracture.findings import Findings
from vertebro.guidelines.body import bodies
from vertebro.guidelines.facts_of import disagreements
from vertebro.guidelines.settings import setting_in_words
from vertebro.patient.mri import Mri
from vertebro.patient.volume import Volume
from vertebro.report.assessment import Assessment
from vertebro.report.differences import (
    BodySays,
    ChangeWords,
    ConflictWords,
    changes_words,
    conflicts_words,
    said_by_bodies,
)
from vertebro.report.evidence_section import EvidenceWords, evidence_words
from vertebro.report.judgement import (
    BodyWords,
    Cited,
    DecisionWords,
    Grounds,
    PathWords,
    bodies_words,
    cited,
    decision_words,
    headed,
    paths_words,
    shared_grounds,
)
from vertebro.report.readable import made_readable
from vertebro.report.sentences import (
    day,
    in_words,
    knows,
    lead,
    level_in_question,
    origin_in_words,
    say,
    value_in_words,
)
from vertebro.report.simulation_section import SimulationWords, simulation_words
from vertebro.report.tables import Method, Table, level_table, methods, more_table, mri_table, shape_table
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import CitedValue, references

Pair = tuple[str, str]


@dataclass(frozen=True)
class Content:
    """The whole report in words."""

    title: str
    case_id: str
    date: str
    header: tuple[Pair, ...]
    differs: tuple[str, ...]
    decisions: tuple[DecisionWords, ...]
    procedures: tuple[str, ...]
    answer_heads: tuple[str, ...]
    shared: tuple[Grounds, ...]
    other_paths: tuple[PathWords, ...]
    said_by: tuple[BodySays, ...]
    conflicts: tuple[ConflictWords, ...]
    changes: tuple[ChangeWords, ...]
    dangers: tuple[ChangeWords, ...]
    evidence: EvidenceWords | None
    simulation: SimulationWords | None
    lead: tuple[str, ...]
    findings_heading: str
    level_heading: str
    level_table: Table | None
    shape_table: Table | None
    more_table: Table | None
    mri_table: Table | None
    methods: tuple[Method, ...]
    density: tuple[str, ...]
    bodies: tuple[BodyWords, ...]
    facts: tuple[tuple[str, str, str], ...]
    settings: tuple[tuple[str, str, str, str], ...]
    cautions: tuple[str, ...]
    not_done: tuple[Pair, ...]
    sources: tuple[Cited, ...]


def content(assessment: Assessment) -> Content:
    """Everything the report says about this assessment."""
    case, findings = assessment.case, assessment.findings
    level = None if isinstance(case.level, Unknown) else case.level
    simulated = simulation_words(assessment)
    measured = findings if isinstance(findings, Findings) else None
    shared = shared_grounds(assessment.decisions)
    changes = changes_words(assessment.boundaries)
    said = Content(
        title=_title(level),
        case_id=case.id,
        date=day(case.on),
        header=_header(assessment),
        differs=_differs(assessment),
        decisions=tuple(decision_words(d, shared) for d in assessment.decisions),
        procedures=tuple(d.procedure.value for d in assessment.decisions),
        answer_heads=tuple(say("change.answer", procedure=d.procedure.value) for d in assessment.decisions),
        shared=headed(shared, of="both"),
        other_paths=paths_words(assessment.other_paths),
        said_by=said_by_bodies(assessment.decisions),
        conflicts=conflicts_words(assessment.decisions),
        changes=tuple(line for line in changes if not line.is_danger),
        dangers=tuple(line for line in changes if line.is_danger),
        evidence=evidence_words(assessment.evidence) if assessment.evidence else None,
        simulation=_with_names(simulated),
        lead=tuple(lead(case, findings)),
        findings_heading=say("heading.findings_at", level=level) if level else say("heading.findings"),
        level_heading=say("heading.table_level", level=level) if level else "",
        level_table=_own_table(measured, level),
        shape_table=shape_table(measured, level) if measured else None,
        more_table=more_table(measured, level) if measured else None,
        mri_table=mri_table(measured, level) if measured else None,
        methods=methods(measured) if measured else (),
        density=_density(measured),
        bodies=bodies_words(assessment.decisions),
        facts=tuple(_fact(name, known) for name, known in assessment.facts.items()),
        settings=tuple(_setting(setting) for setting in assessment.settings),
        cautions=_cautions(assessment),
        not_done=assessment.not_done,
        sources=_sources(assessment, simulated),
    )
    return made_readable(said)


def _fact(name: str, known: Known[Any]) -> tuple[str, str, str]:
    return fact(name).label, value_in_words(known.value, fact(name).unit), origin_in_words(known)


def _title(level: Level | None) -> str:
    return say("title", level=level) if level else say("title_no_level")


def _setting(setting: CitedValue) -> tuple[str, str, str, str]:
    """A setting as people read it: bodies by their titles, numbers with their unit."""
    named = isinstance(setting.value, list | tuple)
    value = "; ".join(bodies()[name].title for name in setting.value) if named else setting.in_words()
    return setting_in_words(setting.name), value, setting.note, setting.where


def _header(assessment: Assessment) -> tuple[Pair, ...]:
    case = assessment.case
    lines = [("case", case.id), ("date", day(case.on)), ("level", level_in_question(case))]
    if isinstance(case.spine, Unknown):
        lines.append(("levels_seen", say("header.unknown", why=case.spine.why)))
    else:
        lines.append(("levels_seen", ", ".join(map(str, case.spine.levels))))
        lines.append(("named_by", case.spine.named_by))
    lines.append(("ct", _ct(case.ct)))
    lines.append(("mri", _mri(case.mri)))
    lines.append(("versions", ", ".join(f"{name} {number}" for name, number in assessment.versions.items())))
    return tuple((say(f"header.{key}"), value) for key, value in lines)


def _ct(ct: Volume | Unknown) -> str:
    if isinstance(ct, Unknown):
        return say("header.unknown", why=ct.why)
    size = " × ".join(map(str, ct.shape))
    spacing = " × ".join(f"{mm:.3g}" for mm in ct.spacing_mm)
    return say("header.ct_size", size=size, spacing=spacing, axes=ct.axis_codes)


def _mri(mri: Mri | Unknown) -> str:
    if isinstance(mri, Unknown):
        return say("header.unknown", why=mri.why)
    listed = (
        say(
            "header.mri_series",
            sequence=n,
            spacing=" × ".join(f"{mm:.3g}" for mm in one.image.spacing_mm),
            by=one.said_by,
        )
        for n, one in mri.images.items()
    )
    return "; ".join(listed)


def _own_table(measured: Findings | None, level: Level | None) -> Table | None:
    own = measured.vertebrae.get(level) if measured and level else None
    return level_table(own) if own else None


def _cautions(assessment: Assessment) -> tuple[str, ...]:
    """What the readers noticed, what differs between person and image, what limits the numbers; each once."""
    case, findings = assessment.case, assessment.findings
    noticed = [*assessment.disagreements, *case.notes]
    noticed += () if isinstance(case.mri, Unknown) else case.mri.notes
    noticed += findings.cautions if isinstance(findings, Findings) else ()
    noticed += () if isinstance(case.spine, Unknown) else case.spine.notes
    first = _differs(assessment)
    return tuple(one for one in dict.fromkeys(map(_named_sources, noticed)) if one not in first)


def _differs(assessment: Assessment) -> tuple[str, ...]:
    """Where record and images do not say the same: read before the answer, for the level may be wrong."""
    return tuple(map(_named_sources, disagreements(assessment.case, assessment.findings)))


def _density(findings: Findings | None) -> tuple[str, ...]:
    if findings is None:
        return ()
    fit, contrast = findings.calibration, findings.contrast
    if isinstance(fit, Unknown):
        lines = [say("density.uncalibrated", why=fit.why)]
    else:
        lines = [
            say("density.calibrated", method=fit.method, kind=_worded(f"density.kinds.{fit.kind}", fit.kind))
        ]
        numbers = ", ".join(f"{_fit_label(name)} {value:.4g}" for name, value in fit.numbers.items())
        lines.append(f"{say('density.numbers')}: {numbers}")
    if isinstance(contrast, Unknown):
        lines.append(say("density.contrast_unknown", why=contrast.why.rstrip(".")))
    else:
        lines.append(say("density.contrast", value=in_words(contrast)))
    return (*lines, *map(_named_sources, findings.context))


def _with_names(simulated: SimulationWords | None) -> SimulationWords | None:
    """The section with works named in its cautions, where the models have left their keys."""
    if simulated is None:
        return None
    parts = tuple(replace(part, below=tuple(map(_named_sources, part.below))) for part in simulated.parts)
    return replace(simulated, cautions=tuple(map(_named_sources, simulated.cautions)), parts=parts)


def _named_sources(sentence: str) -> str:
    """The sentence with its reference keys, as in ``[walle2025]``, replaced by the works' names."""
    return re.sub(r"\[(\w+)\]", lambda key: _short_name(key[1]) or key[0], sentence)


def _short_name(key: str) -> str:
    return f"[{references()[key].short}]" if key in references() else ""


def _worded(key: str, otherwise: str) -> str:
    return say(key) if knows(key) else otherwise


def _fit_label(name: str) -> str:
    return _worded(f"density.fit.{name}", name.replace("_", " "))


def _sources(assessment: Assessment, simulated: SimulationWords | None) -> tuple[Cited, ...]:
    keys = [v.source for d in assessment.decisions for v in d.verdicts]
    keys += [side.source for d in assessment.decisions for c in d.conflicts for side in c.sides]
    keys += [s.source for s in assessment.settings]
    if isinstance(assessment.findings, Findings) and not isinstance(assessment.findings.calibration, Unknown):
        keys.append(assessment.findings.calibration.reference)
    if isinstance(assessment.findings, Findings):
        noted = " ".join((*assessment.findings.cautions, *assessment.findings.context))
        keys += re.findall(r"\[(\w+)\]", noted)
    keys += [work.key for how in (simulated.methods if simulated else ()) for work in how.sources]
    listed = [cited(key) for key in dict.fromkeys(keys) if key in references()]
    return tuple(sorted(listed, key=lambda work: work.work))
