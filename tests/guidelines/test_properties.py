"""What holds for any record: a fact changes only what uses it, and a new language needs only its files."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL, but, facts_from
from test_decision import ANY_FACTS, FOR_CONSIDER, RECORDED, any_answer

import vertebro
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.reading import Derived, Facts
from vertebro.guidelines.rule import UNKNOWN, rules
from vertebro.vocabulary.known import Known

ADDED = st.sampled_from(RECORDED).flatmap(lambda f: st.tuples(st.just(f.name), any_answer(f)))


def resting_on(name: str, *known: Facts) -> set[str]:
    """The fact, and every fact that says it was worked out from it, directly or through others."""
    found, before = {name}, 0
    while len(found) > before:
        before = len(found)
        for facts in known:
            for other, fact in facts.items():
                if isinstance(fact, Derived) and found & {*fact.used, *fact.missing, *fact.ended_by}:
                    found.add(other)
    return found


@settings(max_examples=80, deadline=None)
@given(known=ANY_FACTS | st.fixed_dictionaries(FOR_CONSIDER), added=ADDED)
def test_a_fact_alters_an_answer_only_where_the_rule_says_it_rests_on_it(
    known: dict[str, Known[Any]], added: tuple[str, Any]
) -> None:
    """Also through what is worked out: the worked-out fact names what it came from."""
    name, value = added
    before = with_derived({n: k for n, k in known.items() if n != name}, LEVEL)
    after = with_derived({**known, name: Known(value, "added")}, LEVEL)
    used = resting_on(name, before, after)
    for rule in rules().values():
        if rule.outcome(before) is not UNKNOWN and rule.outcome(after) is not rule.outcome(before):
            assert used & set(rule.needs), f"{name} altered {rule.name()}, which does not rest on it"


def test_a_type_says_that_healing_would_end_it() -> None:
    """An MRI without oedema tells a healed fracture, which has no type: the type says it rests on that."""
    open_still = {"spinal_instability": "tension_band_failure", "intravertebral_cleft": "none"}
    before = with_derived(facts_from(open_still), LEVEL)
    after = with_derived(facts_from({**open_still, "mri": "no_oedema"}), LEVEL)
    assert "of_type" in before and "of_type" not in after
    assert {"of_type", "of_score"} <= resting_on("mri", before, after)


@settings(max_examples=60, deadline=None)
@given(known=ANY_FACTS)
def test_a_fact_that_is_worked_out_names_facts_that_are_known(known: dict[str, Known[Any]]) -> None:
    facts = with_derived(known, LEVEL)
    for name, found in facts.items():
        if isinstance(found, Derived) and name != "fracture_level":
            assert found.used and set(found.used) <= set(facts) and name not in found.used
            assert set(found.missing).isdisjoint(known)


def test_a_score_names_every_fact_by_which_a_sign_is_known() -> None:
    """Who cannot get up is limited in daily life, so the score rests on getting up as well."""
    score = with_derived(facts_from({"mobilises_on_analgesia": False}), LEVEL)["vcf_suspicion_score"]
    assert isinstance(score, Derived) and score.used == ("mobilises_on_analgesia",) and score.value == 1


# Another language


MARK = "¤"


def in_another_language(source: Path) -> dict[str, Any]:
    """Every sentence of a file as it would be translated: other words, the same placeholders."""

    def translated(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: translated(value) for key, value in node.items()}
        return f"{MARK}{node}"

    return dict(translated(yaml.safe_load(source.read_text(encoding="utf-8")) or {}))


@pytest.fixture(scope="module")
def translated_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with a file of another language beside every file of sentences."""
    house = tmp_path_factory.mktemp("house") / "vertebro"
    shutil.copytree(Path(vertebro.__file__).parent, house, ignore=shutil.ignore_patterns("__pycache__"))
    for file in house.rglob("*.en.yaml"):
        words = yaml.safe_dump(in_another_language(file), allow_unicode=True, width=10_000)
        file.with_name(file.name.replace(".en.", ".de.")).write_text(words, encoding="utf-8")
    texts = house / "vocabulary" / "texts.py"
    written = texts.read_text(encoding="utf-8")
    assert 'LANGUAGE = "en"' in written
    texts.write_text(written.replace('LANGUAGE = "en"', 'LANGUAGE = "de"'), encoding="utf-8")
    return house


JUDGE = """
import sys, yaml
from vertebro.guidelines.decision import judge
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.levels import Level

values = yaml.safe_load(sys.stdin.read())
found = judge({n: Known(fact(n).check(v), "test") for n, v in values.items()}, Level.T12)
for d in found.decisions:
    print(d.headline, *d.reasons_for, *d.reasons_against, *d.always_said, sep="\\n")
    print(*(v.sentence for v in d.verdicts), *(c.sentence for c in d.conflicts), sep="\\n")
    print(*(part for p in d.positions for part in (p.title, p.rating, p.sentence)), sep="\\n")
for p in found.other_paths:
    print(p.sentence, *p.reasons_for, *p.reasons_against, sep="\\n")
"""


def judged(house: Path, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    plain = {n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}
    return subprocess.run(
        [sys.executable, "-c", JUDGE],
        input=yaml.safe_dump(plain),
        env={"PYTHONPATH": str(house.parent), "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("values", [CLEAR_CANDIDATE, but(mri=None, weeks_since_fracture=3.0, inr=2.6)])
def test_another_language_needs_only_its_files(translated_house: Path, values: dict[str, Any]) -> None:
    run = judged(translated_house, values)
    assert run.returncode == 0, run.stderr
    said = [line for line in run.stdout.splitlines() if line]
    assert len(said) > 500
    assert [line for line in said if MARK not in line] == []


def test_a_sentence_that_is_missing_in_a_language_is_named(translated_house: Path) -> None:
    file = translated_house / "guidelines" / "nice" / "text.de.yaml"
    whole = file.read_text(encoding="utf-8")
    words = yaml.safe_load(whole)
    del words["IsRecent"]["met"]
    file.write_text(yaml.safe_dump(words, allow_unicode=True), encoding="utf-8")
    run = judged(translated_house, CLEAR_CANDIDATE)
    file.write_text(whole, encoding="utf-8")
    assert run.returncode != 0 and "IsRecent.met" in run.stderr and "text.de.yaml" in run.stderr
