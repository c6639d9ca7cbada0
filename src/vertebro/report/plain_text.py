"""The same content as the report, as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from vertebro.fracture.findings import Findings
from vertebro.report.assessment import Assessment
from vertebro.report.content import Content, content
from vertebro.report.differences import ChangeWords, ConflictWords
from vertebro.report.judgement import BodyWords, DecisionWords, PathWords
from vertebro.report.sentences import say
from vertebro.report.tables import Cell, Table, more_table, mri_table, shape_table
from vertebro.vocabulary.texts import texts

WIDTH = 96


def decisions_in_words(assessment: Assessment, every_rule: bool = False) -> str:
    """The answers first, then who says what, where they differ and what would change it."""
    words = content(assessment)
    parts = [*map(_decision, words.decisions), _block(say("heading.cautions"), words.cautions)]
    parts += [_block(ground.heading, ground.sentences) for ground in words.shared]
    parts += [
        *map(_path, words.other_paths),
        _said_by(words),
        *(_conflict(conflict) for conflict in words.conflicts),
        _changes(words),
    ]
    settings = [f"{name}: {value}. {why}" for name, value, why, _ in words.settings]
    parts.append(_block(say("heading.settings"), settings))
    parts += [_rules(body) for body in words.bodies] if every_rule else [_words("every_rule")]
    return "\n\n".join(part for part in parts if part)


def findings_in_words(findings: Findings) -> str:
    """The tables of measurements, with why a value is missing."""
    on_mri = mri_table(findings, None)
    tables = (shape_table(findings, None), more_table(findings, None), *((on_mri,) if on_mri else ()))
    parts = [_table(table) for table in tables]
    parts.append(_block(say("heading.cautions"), findings.cautions))
    return "\n\n".join(part for part in parts if part)


def _decision(words: DecisionWords) -> str:
    title = f"{words.title}: {words.stance.upper()}"
    parts = [
        f"{title}\n{'─' * len(title)}",
        _wrapped(words.headline),
        _wrapped(_words("decided_by", by=words.decided_by)),
        _block(say("decision.trace"), [*words.passed, words.here]),
    ]
    parts += [_block(ground.heading, ground.sentences) for ground in words.grounds]
    return "\n".join(part for part in parts if part)


def _path(words: PathWords) -> str:
    title = f"{words.title}: {words.stance.upper()}"
    parts = [f"{title}\n{'─' * len(title)}", _wrapped(words.sentence)]
    parts += [_block(ground.heading, ground.sentences) for ground in words.grounds]
    return "\n".join(parts)


def _said_by(words: Content) -> str:
    """One paragraph a body: its rating of each procedure, then its sentence."""
    lines = []
    for body in words.said_by:
        alike = len({rating for rating, _ in body.ratings}) == 1
        named = zip(words.procedures, body.ratings, strict=True)
        ratings = body.ratings[0][0] if alike else "; ".join(f"{p}: {rating}" for p, (rating, _) in named)
        lines.append(f"{body.title}: {ratings.upper()}. {' '.join(body.sentences)}")
    return _block(say("decision.positions"), lines)


def _conflict(conflict: ConflictWords) -> str:
    key = "conflict_of_one" if conflict.applies else "conflict"
    heading = _words(key, question=conflict.question, applies=conflict.applies)
    lines = [
        f"[{side.leaning}] {side.title}: {side.sentence} ({side.source.short}, {side.source.where})"
        for side in conflict.sides
    ]
    return _block(heading, lines)


def _changes(words: Content) -> str:
    if not (words.changes or words.dangers):
        return say("change.none")
    ordinary = _block(say("change.heading"), _change_lines(words, words.changes))
    return f"{ordinary}\n{_block(say('change.dangers'), _change_lines(words, words.dangers))}".strip()


def _change_lines(words: Content, changes: Sequence[ChangeWords]) -> list[str]:
    lines = []
    for line in changes:
        alike = len({stance for stance, _ in line.answers}) == 1
        named = zip(words.procedures, line.answers, strict=True)
        then = line.answers[0][0] if alike else "; ".join(f"{p}: {stance}" for p, (stance, _) in named)
        lines.append(_words("change", label=line.label, now=line.now, then=line.then, answer=then))
    return lines


def _rules(body: BodyWords) -> str:
    lines = []
    for rule in body.rules:
        source = f"{rule.source.short}, {rule.source.where}"
        lines.append(f"[{rule.outcome}] {rule.sentence} ({rule.name}; {source})")
    return _block(body.title, lines)


def _block(heading: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return "\n".join([f"{heading}:", *(_wrapped(line, "  - ") for line in lines)])


def _wrapped(text: str, bullet: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def _table(table: Table) -> str:
    grid = [list(table.heads), *([row.name, *map(_cell, row.cells)] for row in table.rows)]
    widths = [max(len(row[n]) for row in grid) for n in range(len(table.heads))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in grid
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    notes = [_wrapped(f"{letter}: {why}", "  ") for letter, why in table.notes]
    return "\n".join([*lines, *notes])


def _cell(cell: Cell) -> str:
    return f"{cell.text} [{cell.note}]" if cell.note else cell.text


def _words(key: str, **values: object) -> str:
    return texts(beside=__file__, name="terminal").say(key, **values)
