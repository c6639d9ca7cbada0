"""The same content as the report, as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from vertebro.fracture.findings import Findings
from vertebro.report.assessment import Assessment
from vertebro.report.content import BodyWords, DecisionWords, content
from vertebro.report.sentences import say
from vertebro.report.tables import Cell, Table, more_table, shape_table
from vertebro.vocabulary.texts import texts

WIDTH = 96


def decisions_in_words(assessment: Assessment) -> str:
    """Every decision, then every rule with its answer and its source."""
    words = content(assessment)
    parts = [_decision(d) for d in words.decisions]
    parts += [_block(ground.heading, ground.sentences) for ground in words.shared]
    parts += [_rules(body) for body in words.bodies]
    settings = [f"{name}: {value}. {why}" for name, value, why, _ in words.settings]
    parts.append(_block(say("heading.settings"), settings))
    return "\n\n".join(part for part in parts if part)


def findings_in_words(findings: Findings) -> str:
    """The tables of measurements, with why a value is missing."""
    tables = (shape_table(findings, None), more_table(findings, None))
    parts = [_table(table) for table in tables]
    parts.append(_block(say("heading.cautions"), findings.cautions))
    return "\n\n".join(part for part in parts if part)


def _decision(words: DecisionWords) -> str:
    title = f"{words.title}: {words.stance.upper()}"
    parts = [
        f"{title}\n{'─' * len(title)}",
        _wrapped(words.headline),
        _wrapped(_words("decided_by", by=words.decided_by)),
    ]
    parts += [_block(ground.heading, ground.sentences) for ground in words.grounds]
    said = [f"{title}: {stance}. {sentence}" for title, stance, _, sentence in words.positions]
    parts.append(_block(_words("positions"), said))
    return "\n".join(part for part in parts if part)


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
