"""How hard a text for patients is to read, and whether it keeps the house's rules of plain language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.texts import texts

if TYPE_CHECKING:
    from pyphen import Pyphen

_v = cited_values(beside=__file__, name="plain_language_values.yaml")

WORD = re.compile(r"[A-Za-z][A-Za-z'’\-]*|\d[\d,.]*\d|\d")
SENTENCE_END = re.compile(r"(?<=[.!?])[)\"”’]?\s+")
VOWELS = re.compile(r"[aeiouy]+")
SILENT_END = re.compile(r"(?<=[^aeiouyl])(?:e|es)$|(?<=[^aeiouytdl])ed$|(?<=[aeiou]l)es?$|(?<=[aeiou]l)ed$")
SPOKEN_ES = re.compile(r"(?:s|x|z|ch|sh|c|g)es$")
IN_OF = re.compile(r"\b(\d[\d,]*)\s+(?:in|of|out of|in every|of every)\s+(?:every\s+)?(\d[\d,]*)\b(?!\.\d)")
OF_SCALE = re.compile(r"\b(?:score|scale|pain)\b", re.IGNORECASE)
DECIMAL = re.compile(r"(?<![\d.])\d+[.,]\d{1,2}(?![\d.]*\d)|%|\bper ?cent\b")  # not a version, not 1,000
LOADED = re.compile(r"\b(?:un)?common(?:ly)?\b|\brare(?:ly)?\b|\bunlikely\b|\blikely\b", re.IGNORECASE)
PRESSING = re.compile(r"\bshould\b|\bmust\b|\bought to\b|\bneed to have\b", re.IGNORECASE)


class Side(Enum):
    """Whether a passage speaks of what is good about an option, of what is bad, or of neither."""

    GOOD = "good"
    BAD = "bad"
    NEITHER = "neither"


@dataclass(frozen=True)
class Passage:
    """One paragraph, list item or line of a table as a reader meets it, with the section it stands in.

    The reading grade is that of the prose; every other rule holds for all passages.
    """

    section: str
    text: str
    side: Side = Side.NEITHER
    prose: bool = True


class Outcome(Enum):
    """Whether a text keeps a rule; open where only people who did not write it can tell."""

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"


@dataclass(frozen=True)
class Check:
    """One rule and its outcome: what it asks, whether the text keeps it, and what was found."""

    key: str
    asks: str
    outcome: Outcome
    found: str

    @property
    def kept(self) -> bool:
        """True if the text keeps the rule."""
        return self.outcome is Outcome.KEPT

    def __str__(self) -> str:
        return f"{self.outcome.value:6} {self.key}: {self.asks} {self.found}".rstrip()


@dataclass(frozen=True)
class Reading:
    """The counts of a text, and the school grades two formulas make of them."""

    words: int
    sentences: int
    syllables: int
    long_words: int

    @property
    def words_per_sentence(self) -> float:
        """The mean length of a sentence, in words."""
        return self.words / self.sentences

    @property
    def grade(self) -> float:
        """Flesch-Kincaid school grade [flesch_kincaid_va]_."""
        per_sentence, per_word, constant = _v.flesch_kincaid.value
        spoken = per_word * self.syllables / self.words
        return float(per_sentence * self.words_per_sentence + spoken - constant)

    @property
    def smog(self) -> float:
        """SMOG school grade, from the words of three syllables and more [smog_korpus]_."""
        slope, sample, constant = _v.smog.value
        return float(slope * math.sqrt(self.long_words * sample / self.sentences) + constant)


def reading(passages: Iterable[str]) -> Reading:
    """The counts of some paragraphs or list items; each ends its last sentence."""
    found = [_words(sentence) for passage in passages for sentence in sentences(passage)]
    kept = [words for words in found if words]
    spoken = [syllables(word) for words in kept for word in words]
    return Reading(
        len(spoken), len(kept), sum(spoken), sum(n >= _v.long_word_syllables.number for n in spoken)
    )


def sentences(passage: str) -> list[str]:
    """The sentences of a passage."""
    return [part for part in SENTENCE_END.split(passage.strip()) if part]


@cache
def syllables(word: str) -> int:
    """How many syllables a word has; a number in figures counts as one.

    Hyphenation leaves no single letter alone, so that it misses syllables (``area``, ``every``):
    each of its parts counts once for every group of vowels that is not silent.
    """
    if not word[0].isalpha():
        return 1
    return sum(_spoken(part) for part in re.split(r"[-'’]", word.lower()) if part)


def _spoken(word: str) -> int:
    parts = (
        _hyphenation().inserted(SILENT_END.sub("", word) if not SPOKEN_ES.search(word) else word).split("-")
    )
    return max(1, sum(len(VOWELS.findall(part)) for part in parts))


@cache
def _hyphenation() -> Pyphen:
    from pyphen import Pyphen

    return Pyphen(lang="en_US")  # splits more finely than en_GB: kypho-plas-ty, not kypho-plasty


def _words(sentence: str) -> list[str]:
    return WORD.findall(sentence)


def language_checks(passages: Sequence[Passage]) -> tuple[Check, ...]:
    """Every rule of plain language, kept or broken, with what was found."""
    every = [passage.text for passage in passages]
    prose = [passage.text for passage in passages if passage.prose]
    read = reading(prose)
    longest = max((s for text in prose for s in sentences(text)), key=lambda s: len(_words(s)))
    return (
        _at_most("grade", read.grade, _v.grade_limit),
        _at_most("smog", read.smog, _v.grade_limit),
        _at_most("mean_sentence", read.words_per_sentence, _v.mean_sentence_words),
        _at_most("longest_sentence", len(_words(longest)), _v.longest_sentence_words, longest),
        _none("decimals", [text for text in every if _decimals(text)]),
        _one_denominator(every),
        _none("one_in_x", [found for text in every for found in one_in_x(text)]),
        _none("loaded_words", [text for text in every if _loaded(text)]),
        _none("pressing_words", [text for text in every if PRESSING.search(text)]),
        _balance(passages),
    )


def meets_the_target(passages: Sequence[Passage]) -> bool:
    """True if the text keeps not only the limit of the school grade but our target."""
    return reading([p.text for p in passages if p.prose]).grade <= _v.grade_target.number


def denominators(text: str) -> list[int]:
    """The denominators of all frequencies in a text; a score ``of 10`` is none."""
    found = []
    for match in IN_OF.finditer(text):
        before = text[: match.start()].rsplit(".", 1)[-1]
        if not OF_SCALE.search(before):
            found.append(int(match[2].replace(",", "")))
    return found


def one_in_x(text: str) -> list[str]:
    """Frequencies of the form ``1 in 7``, hard to compare, unlike ``1 in 100`` and ``1 in 1000``."""
    found = re.findall(
        r"\b(?:1|one) in (?:every )?(\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten)\b", text
    )
    return [f"1 in {x}" for x in found if x.replace(",", "") not in ("100", "1000")]


def _decimals(text: str) -> bool:
    return bool(DECIMAL.search(text))


def _loaded(text: str) -> bool:
    """True if a word for a frequency stands without a number in its own sentence or the next."""
    said = sentences(text)
    return any(
        LOADED.search(one) and not re.search(r"\d", " ".join(said[n : n + 2])) for n, one in enumerate(said)
    )


def _one_denominator(every: Iterable[str]) -> Check:
    found = sorted({d for text in every for d in denominators(text)})
    return _check("one_denominator", len(found) <= 1, ", ".join(map(str, found)) or _say("found.none"))


def _balance(passages: Iterable[Passage]) -> Check:
    counted = dict.fromkeys(Side, 0)
    for passage in passages:
        counted[passage.side] += len(_words(passage.text))
    good, bad = counted[Side.GOOD], counted[Side.BAD]
    low, high = _v.balance.value
    even = bad > 0 and low <= good / bad <= high
    return _check("balance", even, _say("found.balance", good=good, bad=bad), low=low, high=high)


def _at_most(key: str, found: float, limit: CitedValue, quoted: str = "") -> Check:
    said = _say("found.number", found=f"{found:.1f}") + (f" “{quoted}”" if quoted else "")
    return _check(key, found <= limit.number, said, limit=f"{limit.number:g}")


def _none(key: str, broken: Sequence[str]) -> Check:
    return _check(key, not broken, "; ".join(f"“{one}”" for one in broken) or _say("found.none"))


def _check(key: str, passed: bool, found: str, **values: object) -> Check:
    return Check(key, _say(f"asks.{key}", **values), Outcome.KEPT if passed else Outcome.BROKEN, found)


def _say(key: str, **values: object) -> str:
    return texts(beside=__file__, name="plain_language").say(key, **values)
