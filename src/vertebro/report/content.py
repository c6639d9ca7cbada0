"""What the report says, in words and tables, before it becomes a page: both HTML and PDF show this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vertebro.fracture.findings import Findings
from vertebro.guidelines.verdict import Decision, Outcome, Stance, Verdict
from vertebro.patient.volume import Volume
from vertebro.report.assessment import Assessment
from vertebro.report.readable import made_readable
from vertebro.report.sentences import (
    after_stance,
    day,
    fact_in_words,
    in_words,
    knows,
    lead,
    level_in_question,
    origin_in_words,
    say,
    value_in_words,
)
from vertebro.report.tables import Method, Table, level_table, methods, more_table, shape_table
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references

MARKS = {Outcome.MET: "●", Outcome.NOT_MET: "○", Outcome.UNKNOWN: "?"}
"""A sign beside the word, so that no colour alone carries the answer. The signs praise and blame
nothing: that a danger is *not met* is good, that a criterion is not met may not be."""

TONES = {
    Stance.CONSIDER: "go",
    Stance.DISCUSS: "talk",
    Stance.WAIT: "wait",
    Stance.CORRECT_FIRST: "wait",
    Stance.NOT_RECOMMENDED: "stop",
    Stance.CONTRAINDICATED: "stop",
    Stance.REFER_URGENTLY: "urgent",
    Stance.OUT_OF_SCOPE: "open",
    Stance.NOT_ENOUGH_INFORMATION: "open",
}

Pair = tuple[str, str]


@dataclass(frozen=True)
class Cited:
    """Where a statement stands: the work, its link, the place in it."""

    key: str
    short: str
    work: str
    link: str
    where: str


@dataclass(frozen=True)
class RuleWords:
    """One rule's answer, ready to be shown."""

    name: str
    outcome: str
    mark: str
    sentence: str
    used: tuple[str, ...]
    missing: tuple[str, ...]
    source: Cited
    applies: str


@dataclass(frozen=True)
class BodyWords:
    """One body's rules."""

    title: str
    counted: str
    rules: tuple[RuleWords, ...]


@dataclass(frozen=True)
class Grounds:
    """Reasons, conflicts, questions: one heading with its sentences."""

    key: str
    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DecisionWords:
    """The answer for one procedure, ready to be shown."""

    title: str
    stance: str
    tone: str
    headline: str
    decided_by: str
    grounds: tuple[Grounds, ...]
    positions: tuple[tuple[str, str, str, str], ...]
    counted: str


@dataclass(frozen=True)
class Content:
    """The whole report in words."""

    title: str
    case_id: str
    date: str
    header: tuple[Pair, ...]
    decisions: tuple[DecisionWords, ...]
    shared: tuple[Grounds, ...]
    lead: tuple[str, ...]
    findings_heading: str
    level_heading: str
    level_table: Table | None
    shape_table: Table | None
    more_table: Table | None
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
    measured = findings if isinstance(findings, Findings) else None
    own = measured.vertebrae.get(level) if measured and level else None
    shared = _shared_grounds(assessment.decisions)
    said = Content(
        title=say("title", level=level) if level else say("title_no_level"),
        case_id=case.id,
        date=day(case.on),
        header=_header(assessment),
        decisions=tuple(_decision(d, shared) for d in assessment.decisions),
        shared=_headed(shared),
        lead=tuple(lead(case, findings)),
        findings_heading=say("heading.findings_at", level=level) if level else say("heading.findings"),
        level_heading=say("heading.table_level", level=level) if level else "",
        level_table=level_table(own) if own else None,
        shape_table=shape_table(measured, level) if measured else None,
        more_table=more_table(measured, level) if measured else None,
        methods=methods(measured) if measured else (),
        density=_density(measured),
        bodies=_bodies(assessment.decisions),
        facts=tuple(
            (fact(n).label, value_in_words(k.value, fact(n).unit), origin_in_words(k))
            for n, k in assessment.facts.items()
        ),
        settings=tuple((s.name, s.in_words(), s.note, s.where) for s in assessment.settings),
        cautions=_cautions(assessment),
        not_done=assessment.not_done,
        sources=_sources(assessment),
    )
    return made_readable(said)


def _header(assessment: Assessment) -> tuple[Pair, ...]:
    case = assessment.case
    lines = [("case", case.id), ("date", day(case.on)), ("level", level_in_question(case))]
    if isinstance(case.spine, Unknown):
        lines.append(("levels_seen", say("header.unknown", why=case.spine.why)))
    else:
        lines.append(("levels_seen", ", ".join(map(str, case.spine.levels))))
        lines.append(("named_by", case.spine.named_by))
    lines.append(("ct", _ct(case.ct)))
    lines.append(("versions", ", ".join(f"{name} {number}" for name, number in assessment.versions.items())))
    return tuple((say(f"header.{key}"), value) for key, value in lines)


def _ct(ct: Volume | Unknown) -> str:
    if isinstance(ct, Unknown):
        return say("header.unknown", why=ct.why)
    size = " × ".join(map(str, ct.shape))
    spacing = " × ".join(f"{mm:.3g}" for mm in ct.spacing_mm)
    return say("header.ct_size", size=size, spacing=spacing, axes=ct.axis_codes)


def _cautions(assessment: Assessment) -> tuple[str, ...]:
    """What the readers noticed, what differs between person and image, what limits the numbers; each once."""
    case, findings = assessment.case, assessment.findings
    noticed = [*assessment.disagreements, *case.notes]
    noticed += findings.cautions if isinstance(findings, Findings) else ()
    noticed += () if isinstance(case.spine, Unknown) else case.spine.notes
    return tuple(dict.fromkeys(map(_named_sources, noticed)))


def _decision(decision: Decision, shared: dict[str, tuple[str, ...]]) -> DecisionWords:
    procedure, level = decision.procedure.value, decision.level
    title = (
        say("decision.for_level", procedure=procedure, level=level)
        if isinstance(level, Level)
        else say("decision.no_level", procedure=procedure)
    )
    own = {
        key: tuple(sentence for sentence in sentences if sentence not in shared[key])
        for key, sentences in _grounds(decision).items()
    }
    return DecisionWords(
        title=title[:1].upper() + title[1:],
        stance=decision.stance.value,
        tone=TONES[decision.stance],
        headline=after_stance(decision.stance.value, decision.headline),
        decided_by=_decider(decision),
        grounds=_headed(own),
        positions=tuple(
            (p.title, p.rating, TONES[p.stance] if p.stance else "open", p.sentence)
            for p in decision.positions
        ),
        counted=_counted(decision.verdicts),
    )


def _grounds(decision: Decision) -> dict[str, tuple[str, ...]]:
    questions = tuple(
        say("fact.question", label=fact(n).label, question=fact(n).question) for n in decision.ask_next
    )
    return {
        "ask_next": questions,
        "reasons_for": decision.reasons_for,
        "reasons_against": decision.reasons_against,
        "conflicts": tuple(conflict.sentence for conflict in decision.conflicts),
        "always": decision.always_said,
    }


def _shared_grounds(decisions: tuple[Decision, ...]) -> dict[str, tuple[str, ...]]:
    """What every decision says alike is said once; where none has a reason, that is said too."""
    said = [_grounds(decision) for decision in decisions]
    shared = {
        key: tuple(s for s in sentences if all(s in one[key] for one in said))
        for key, sentences in (said[0] if said else {}).items()
    }
    for key in ("reasons_for", "reasons_against"):
        if said and not any(one[key] for one in said):
            shared[key] = (say(f"decision.none_{key.removeprefix('reasons_')}"),)
    return shared


def _headed(grounds: dict[str, tuple[str, ...]]) -> tuple[Grounds, ...]:
    return tuple(Grounds(k, say(f"decision.{k}"), said) for k, said in grounds.items() if said)


def _decider(decision: Decision) -> str:
    """The position that decided by its title, or the rule with its body."""
    titles = _titles(decision)
    for verdict in decision.verdicts:
        if verdict.rule == decision.decided_by:
            key = "by_open_rule" if verdict.outcome is Outcome.UNKNOWN else "by_rule"
            return say(f"decision.{key}", body=_title(verdict.body, titles), rule=verdict.rule)
    return _title(decision.decided_by, titles)


def _titles(decision: Decision) -> dict[str, str]:
    return {position.body: position.title for position in decision.positions}


def _title(body: str, titles: dict[str, str]) -> str:
    """What people call a body: by its position, by our own word for it, or by its key."""
    return titles.get(body) or (say(f"body.{body}") if knows(f"body.{body}") else body)


def _counted(verdicts: tuple[Verdict, ...]) -> str:
    number = {o: sum(v.outcome is o for v in verdicts) for o in Outcome}
    return say(
        "decision.rules_counted",
        met=number[Outcome.MET],
        not_met=number[Outcome.NOT_MET],
        unknown=number[Outcome.UNKNOWN],
    )


def _bodies(decisions: tuple[Decision, ...]) -> tuple[BodyWords, ...]:
    """The verdicts of all decisions by body; one that is the same for every procedure is shown once."""
    titles: dict[str, str] = {}
    where: dict[str, list[tuple[Verdict, list[str]]]] = {}
    for decision in decisions:
        titles |= _titles(decision)
        for verdict in decision.verdicts:
            shown = where.setdefault(verdict.body, [])
            same = next((names for other, names in shown if other == verdict), None)
            if same is None:
                shown.append((verdict, [decision.procedure.value]))
            else:
                same.append(decision.procedure.value)
    return tuple(
        BodyWords(
            _title(body, titles),
            _counted(tuple(verdict for verdict, _ in shown)),
            tuple(_rule(verdict, names, len(decisions)) for verdict, names in shown),
        )
        for body, shown in where.items()
    )


def _rule(verdict: Verdict, procedures: list[str], of: int) -> RuleWords:
    return RuleWords(
        name=verdict.rule,
        outcome=say(f"outcome.{verdict.outcome.value}"),
        mark=MARKS[verdict.outcome],
        sentence=verdict.sentence,
        used=tuple(_used(name, known, verdict) for name, known in verdict.used.items()),
        missing=tuple(fact(name).label for name in verdict.missing if name not in verdict.used),
        source=_cited(verdict.source, verdict.where),
        applies="" if len(procedures) == of else say("rules.applies", procedure=", ".join(procedures)),
    )


def _used(name: str, known: Known[Any], verdict: Verdict) -> str:
    """A fact that was seen but is too uncertain to answer with is not called missing."""
    said = fact_in_words(name, known)
    return say("rules.uncertain", fact=said) if name in verdict.missing else said


def _cited(key: str, where: str = "") -> Cited:
    work = references()[key]
    return Cited(key, work.short, f"{work.short}. {work.title}.", work.link, where)


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


def _named_sources(sentence: str) -> str:
    """The sentence with its reference keys, as in ``[walle2025]``, replaced by the works' names."""
    return re.sub(r"\[(\w+)\]", lambda key: _short_name(key[1]) or key[0], sentence)


def _short_name(key: str) -> str:
    return f"[{references()[key].short}]" if key in references() else ""


def _worded(key: str, otherwise: str) -> str:
    return say(key) if knows(key) else otherwise


def _fit_label(name: str) -> str:
    return _worded(f"density.fit.{name}", name.replace("_", " "))


def _sources(assessment: Assessment) -> tuple[Cited, ...]:
    keys = [v.source for d in assessment.decisions for v in d.verdicts]
    keys += [s.source for s in assessment.settings]
    if isinstance(assessment.findings, Findings) and not isinstance(assessment.findings.calibration, Unknown):
        keys.append(assessment.findings.calibration.reference)
    if isinstance(assessment.findings, Findings):
        noted = " ".join((*assessment.findings.cautions, *assessment.findings.context))
        keys += re.findall(r"\[(\w+)\]", noted)
    listed = [_cited(key) for key in dict.fromkeys(keys) if key in references()]
    return tuple(sorted(listed, key=lambda cited: cited.work))
