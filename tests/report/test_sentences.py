"""The words: every finding has its label, every number its unit, a missing sentence fails."""

import ast
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro import report
from vertebro.errors import HouseFault
from vertebro.fracture.findings import Findings, VertebraFindings
from vertebro.report.assessment import Assessment
from vertebro.report.readable import REPLACEMENT, made_readable, readable
from vertebro.report.sentences import LEAD, LEAD_ON_MRI, after_stance, in_words, lead, say, value_in_words
from vertebro.report.tables import MORE, ON_MRI, SHAPE, _letter
from vertebro.vocabulary.grades import GenantGrade
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

NAMES = [f.name for f in fields(VertebraFindings) if f.name != "level"]


def test_a_missing_sentence_or_value_fails() -> None:
    with pytest.raises(HouseFault, match="no_such_sentence"):
        say("no_such_sentence")
    with pytest.raises(HouseFault, match="why"):
        say("value.not_measured_why")


def test_every_finding_has_a_label_and_a_place_in_a_table() -> None:
    for name in NAMES:
        assert say(f"finding.{name}")
    expected = {f"expected_{place}_height" for place in ("anterior", "middle", "posterior")}
    assert set(SHAPE) | set(MORE) | set(ON_MRI) | expected == set(NAMES)
    assert not set(SHAPE) & set(MORE)
    for name in (*LEAD, *LEAD_ON_MRI):
        assert "±" in say(f"lead.{name}", level="L1", value="1 ± 2")


def asked_for() -> list[ast.Call]:
    """Every call of ``say`` with a plain key in the modules that speak with the report's sentences."""
    calls = []
    for path in Path(report.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imported = [n for n in nodes if isinstance(n, ast.ImportFrom)]
        given = [a for n in imported if n.module == "vertebro.report.sentences" for a in n.names]
        names = {alias.asname or "say" for alias in given if alias.name == "say"}
        names |= {"say"} if path.name == "sentences.py" else set()
        calls += [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) in names]
    return [call for call in calls if isinstance(call.args[0], ast.Constant)]


@pytest.mark.parametrize("call", asked_for(), ids=lambda call: str(call.args[0].value))
def test_every_sentence_asked_for_by_name_exists(call: ast.Call) -> None:
    given = {keyword.arg for keyword in call.keywords}
    if None in given:
        return  # the values come in a dictionary; the pages themselves are tested for open placeholders
    assert isinstance(call.args[0], ast.Constant)
    assert "{" not in say(call.args[0].value, **{name or "": "x" for name in given})


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Measured(42.0, "%", "m", 3.0), "42.0 ± 3.0 %"),
        (Measured(-0.02, "deg", "m", 2.7), "0.0 ± 2.7°"),
        (Graded(GenantGrade.SEVERE, "m", (GenantGrade.SEVERE,)), "grade 3 (severe)"),
        (
            Graded(GenantGrade.SEVERE, "m", (GenantGrade.MODERATE, GenantGrade.SEVERE)),
            "grade 3 (severe); could also be grade 2 (moderate)",
        ),
        (Graded(False, "m", (False, True)), "no; could also be yes"),
        (Unknown("the mask is cut off"), "not measured: the mask is cut off"),
    ],
)
def test_findings_in_words(found: Measured | Graded[object] | Unknown, words: str) -> None:
    assert in_words(found) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (True, "1", "yes"),
        (False, "1", "no"),
        (8, "{score}", "8"),
        (7.0, "wk", "7 weeks"),
        (52 / 7, "wk", "7 weeks and 3 days"),
        (50 / 7, "wk", "7 weeks and 1 day"),
        (6.5, "wk", "6.5 weeks"),
        (12.5, "deg", "12.5°"),
        ("no_oedema", "1", "no oedema"),
        ((), "1", "none"),
        (("pmma", "latex"), "1", "pmma, latex"),
        (date(2026, 11, 2), "1", "2 November 2026"),
    ],
)
def test_values_in_words(value: object, unit: str, words: str) -> None:
    assert value_in_words(value, unit) == words


def test_a_loss_within_its_own_uncertainty_is_not_called_a_loss(block_assessment: Assessment) -> None:

    findings = block_assessment.findings
    assert isinstance(findings, Findings)
    small = replace(findings[Level.L1], height_loss=Measured(-1.0, "%", "m", 2.0))
    said = lead(block_assessment.case, replace(findings, vertebrae={Level.L1: small}))
    assert "no loss of height was measured beyond the uncertainty" in said[0]
    assert "has lost 46.8 ± 2.6 %" in lead(block_assessment.case, findings)[0]


@given(st.text())
def test_readable_text_can_be_written_and_read_in_order(text: str) -> None:
    clean = readable(text)
    assert len(clean) == len(text)
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert "\x00" not in clean and "\u202e" not in clean
    assert readable(clean) == clean


def test_readable_reaches_into_tuples_and_leaves_good_text_alone() -> None:
    assert made_readable(("Grüße, 患者 – Ω", ("\x07", 3))) == ("Grüße, 患者 – Ω", (REPLACEMENT, 3))


def test_a_stance_is_not_said_twice() -> None:
    assert after_stance("not recommended", "Not recommended. The pain is mild.") == "The pain is mild."
    assert after_stance("wait", "Wait and review in 2 weeks.") == "Wait and review in 2 weeks."


def test_letters_go_on_after_z() -> None:
    assert [_letter(n) for n in (0, 25, 26, 27, 52)] == ["a", "z", "aa", "ab", "ba"]
