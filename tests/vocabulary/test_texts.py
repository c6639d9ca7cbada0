"""Sentences live in files: a missing sentence, value or language is named, and never left empty."""

from pathlib import Path

import pytest

from vertebro.errors import HouseFault
from vertebro.vocabulary.texts import Texts, texts

SENTENCES = """
wait: "Wait {weeks}."
stance:
  consider: Consider it.
  refer: Refer.
"""


@pytest.fixture
def words(tmp_path: Path) -> Texts:
    (tmp_path / "text.en.yaml").write_text(SENTENCES, encoding="utf-8")
    return texts(beside=str(tmp_path / "rules.py"))


def test_a_sentence_is_said_with_its_values(words: Texts) -> None:
    assert words.say("wait", weeks="8 weeks") == "Wait 8 weeks."
    assert words.placeholders("wait") == {"weeks"} and words.placeholders("stance.refer") == frozenset()
    assert words.under("stance") == ["stance.consider", "stance.refer"]
    assert words.raw("wait") == "Wait {weeks}." and "wait" in words and "stance" not in words


def test_a_sentence_without_its_value_is_refused(words: Texts) -> None:
    with pytest.raises(HouseFault, match=r"text\.en\.yaml: sentence 'wait' or its value 'weeks'"):
        words.say("wait")


def test_a_sentence_that_is_not_there_is_refused(words: Texts) -> None:
    with pytest.raises(HouseFault, match="sentence 'go'"):
        words.say("go")
    for ask in (words.raw, words.placeholders):
        with pytest.raises(HouseFault, match="there is no sentence 'go'"):
            ask("go")


def test_a_language_nobody_wrote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HouseFault, match=r"no text\.de\.yaml beside rules\.py \(language 'de'\)"):
        texts(beside=str(tmp_path / "rules.py"), language="de")


def test_an_empty_file_has_no_sentences(tmp_path: Path) -> None:
    (tmp_path / "text.en.yaml").write_text("", encoding="utf-8")
    assert texts(beside=str(tmp_path / "rules.py")).keys() == []
