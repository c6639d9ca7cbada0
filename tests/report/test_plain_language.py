"""Reading grades against worked examples that others print, and every rule of plain language broken once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.report.plain_language import (
    Outcome,
    Passage,
    Reading,
    Side,
    denominators,
    language_checks,
    one_in_x,
    reading,
    sentences,
    syllables,
)

PIGS = (
    "Once upon a time there was an old mother pig who had three little pigs and not enough food to feed "
    "them. So when they were old enough, she sent them out into the world to seek their fortunes. The "
    "first little pig was very lazy. He didn't want to work at all and he built his house out of straw. "
    "The second little pig worked a little bit harder but he was somewhat lazy too and he built his house "
    "out of sticks. Then, they sang and danced and played together the rest of the day."
)
PLATYPUS = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."


def test_flesch_kincaid_of_the_three_little_pigs() -> None:
    """Printed in the documentation of the npm package flesch-kincaid-calc: 4.947989690721649485."""
    assert reading([PIGS]).grade == pytest.approx(4.947989690721649, abs=1e-12)


def test_smog_of_the_platypus() -> None:
    """Printed in the documentation of the npm package smog-formula: 1 sentence, 4 long words, 14.554593."""
    read = reading([PLATYPUS])
    assert (read.sentences, read.long_words) == (1, 4)
    assert read.smog == pytest.approx(14.554593, abs=5e-7)


@pytest.mark.parametrize(
    ("per_sentence", "printed"), [(1, 8.47), (2, 10.74), (3, 12.48), (4, 13.95), (5, 15.24)]
)
def test_smog_lies_near_its_simple_form(per_sentence: int, printed: float) -> None:
    """3 + sqrt(long words in 30 sentences), as tabulated on strainindex.wordpress.com (2011)."""
    read = Reading(words=1000, sentences=30, syllables=1500, long_words=30 * per_sentence)
    assert read.smog == pytest.approx(printed, abs=0.7)


SPOKEN = {
    1: "the bone bones used healed stopped leaked leaks breathe lungs years once whole one scan pain",
    2: "cement balloon needed treated people table needle little fracture doctors breathing healing because "
    "questions treatment happens choices changes quiet science being doing lying able muscles numbers",
    3: "vertebra hospital infection injury allergy general medicine procedure painkillers decision decided "
    "reaction different together serious",
    4: "kyphoplasty usually recovery anaesthetic operation",
    5: "vertebroplasty radiologist",
}


@pytest.mark.parametrize(("count", "word"), [(n, w) for n, words in SPOKEN.items() for w in words.split()])
def test_syllables_of_the_words_we_use(count: int, word: str) -> None:
    assert syllables(word) == count


def test_a_number_in_figures_is_one_syllable_and_a_hyphen_joins() -> None:
    assert syllables("1000") == 1
    assert reading(["About 600 of 1000 people."]).words == 5
    assert reading(["A check-up."]).words == 2


@given(st.lists(st.sampled_from(["bone", "pain", "cement", "operation"]), min_size=1, max_size=30))
def test_longer_sentences_and_longer_words_are_never_easier(words: list[str]) -> None:
    one = " ".join(words) + "."
    read = reading([one])
    assert reading([one + " " + one]).grade == pytest.approx(read.grade)
    assert reading([one[:-1] + " " + one]).grade > read.grade
    assert reading([one.replace("bone", "operation")]).smog >= read.smog


def test_sentences_end_at_full_stops_and_questions_only() -> None:
    assert sentences("It heals. Does it? Yes: slowly; I hope.") == [
        "It heals.",
        "Does it?",
        "Yes: slowly; I hope.",
    ]


GOOD = Passage("a", "You feel less pain. You can move and sleep again.", Side.GOOD)
BAD = Passage("b", "Cement leaks out in 820 of 1000 people. Few feel it.", Side.BAD)


def outcome(key: str, *more: str) -> Outcome:
    passages = [GOOD, BAD, *(Passage("c", text) for text in more)]
    return next(check.outcome for check in language_checks(passages) if check.key == key)


def test_a_plain_text_keeps_every_rule() -> None:
    assert all(check.kept for check in language_checks([GOOD, BAD]))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("grade", " ".join(["Percutaneous vertebroplasty necessitates multidisciplinary deliberation."] * 9)),
        ("smog", " ".join(["Percutaneous vertebroplasty necessitates deliberation."] * 9)),
        ("mean_sentence", "and then it went on " * 20),
        ("longest_sentence", "word " * 26 + "end."),
        ("decimals", "It happens to 1.4 of 1000 people."),
        ("decimals", "It happens to 14 % of people."),
        ("decimals", "It happens to 14 per cent."),
        ("one_denominator", "It happens to 3 in 100 people."),
        ("one_in_x", "It happens to 1 in 7 people."),
        ("one_in_x", "It happens to one in ten people."),
        ("loaded_words", "Harm is rare. Most people do well."),
        ("loaded_words", "Leaks are common. Ask your team."),
        ("loaded_words", "Harm is very unlikely."),
        ("pressing_words", "You should have it."),
        ("pressing_words", "You must not wait."),
    ],
)
def test_every_rule_can_be_broken(key: str, text: str) -> None:
    assert outcome(key) is Outcome.KEPT
    assert outcome(key, text) is Outcome.BROKEN


@pytest.mark.parametrize("side", [Side.GOOD, Side.BAD])
def test_one_side_told_at_more_than_half_as_much_again_is_out_of_balance(side: Side) -> None:
    more = Passage("d", GOOD.text + " " + BAD.text, side)
    found = next(c for c in language_checks([GOOD, BAD, more]) if c.key == "balance")
    assert found.outcome is Outcome.BROKEN


def test_a_text_of_one_side_alone_is_out_of_balance() -> None:
    assert next(c for c in language_checks([GOOD]) if c.key == "balance").outcome is Outcome.BROKEN


def test_words_for_how_often_may_stand_with_their_number() -> None:
    assert outcome("loaded_words", "Harm is uncommon. It happens to 3 of 1000 people.") is Outcome.KEPT
    assert outcome("loaded_words", "It is rare: 3 of 1000 people.") is Outcome.KEPT


def test_a_pain_score_a_version_and_a_thousand_are_no_frequency_and_no_decimal() -> None:
    assert denominators("Your pain is 8 of 10.") == []
    assert denominators("It happens to 3 of 1,000 people, 7 out of 1000.") == [1000, 1000]
    assert outcome("decimals", "Made with vertebro 0.1.0.", "One of 1,000.") is Outcome.KEPT
    assert one_in_x("1 in 1000 people") == []


def test_a_table_is_checked_but_not_graded() -> None:
    hard = Passage("t", "Percutaneous vertebroplasty complications: 3 of 100.", prose=False)
    found = {c.key: c.outcome for c in language_checks([GOOD, BAD, hard])}
    assert found["grade"] is Outcome.KEPT and found["one_denominator"] is Outcome.BROKEN
