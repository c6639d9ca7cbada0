"""How long each blood thinner is held before the procedure, in words, with every source and its number."""

from __future__ import annotations

from functools import cache
from typing import Any

from vertebro.guidelines.reading import Facts
from vertebro.guidelines.settings import numbers_of
from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.texts import Texts

v = cited_values(beside=__file__)

SAME_UNTIL_NAMED = {"heparin": "enoxaparin_therapeutic"}
"""A drug whose kind is not named is held as the kind that stays longest."""


def how_to_hold(facts: Facts, words: Texts) -> str:
    """The sentences for every drug that is taken; an empty string where none is known."""
    if "anticoagulant" not in facts:
        return ""
    drugs = [drug for drug in facts["anticoagulant"].value if drug != "none"]
    keys = [key for drug in drugs for key in _keys(drug, facts, words)]
    if set(drugs) & set(v.keeps_stents_open.value) and _value(facts, "coronary_stent") is not False:
        keys.append("hold.stent")
    if drugs and set(drugs) != {"other"}:
        keys.append("hold.elsewhere")
    return " ".join(words.say(key, **_numbers()) for key in dict.fromkeys(keys))


def holding_times() -> tuple[CitedValue, ...]:
    """Every cited time of holding a drug and of starting it again."""
    return tuple(value for value in v if value.name.startswith(("hold_", "restart_")))


def _keys(drug: str, facts: Facts, words: Texts) -> list[str]:
    held_as = SAME_UNTIL_NAMED.get(drug, drug)
    first = [f"hold.{drug}"] if f"hold.{drug}" in words else []
    by_kidneys = f"hold.{held_as}.{_kidneys(facts)}"
    if by_kidneys not in words:
        by_kidneys = f"hold.{held_as}.low"
    return first + ([by_kidneys] if by_kidneys in words else [])


def _kidneys(facts: Facts) -> str:
    clearance = _value(facts, "crcl_ml_min")
    if clearance is None:
        return "unknown"
    if clearance < v.clearance_studied_from.number:
        return "very_low"
    return "low" if clearance < v.clearance_limit.number else "normal"


def _value(facts: Facts, name: str) -> Any:
    return facts[name].value if name in facts else None


@cache
def _numbers() -> dict[str, str]:
    """Every number as words, and ``{NAME_by}``: who prints it."""
    return numbers_of(__file__) | {f"{value.name}_by": value.reference.by for value in v}
