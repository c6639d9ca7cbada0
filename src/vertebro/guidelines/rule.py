"""The three-valued rule machine: one rule is one class; a fact that is absent gives UNKNOWN."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from vertebro import guidelines
from vertebro.errors import HouseFault, nearest
from vertebro.guidelines.derive import askable
from vertebro.guidelines.reading import Derived, Facts, RememberedFacts, is_certain, possible_values
from vertebro.guidelines.settings import numbers_of, own_texts
from vertebro.guidelines.verdict import Outcome, Procedure, Verdict
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.library import CitedValue, references
from vertebro.vocabulary.texts import Texts, texts

MET, NOT_MET, UNKNOWN = Outcome.MET, Outcome.NOT_MET, Outcome.UNKNOWN


class Rule:
    """One recommendation. The argument names of ``holds`` are the facts it needs.

    ``source`` and ``where`` say where it is published, ``values`` the cited values it compares
    with, ``topic`` the question it answers (so that bodies can be compared question by question).
    Its sentences stand in ``text.<language>.yaml`` of its folder under its own name.
    """

    source: ClassVar[str] = ""
    where: ClassVar[str] = ""
    topic: ClassVar[str] = ""
    values: ClassVar[tuple[CitedValue, ...]] = ()
    is_reason: ClassVar[bool] = True
    """False for what only has to be there (an examination, say) and speaks neither for nor against."""
    speaks_against: ClassVar[bool] = False
    """True where met speaks against the procedure (an exclusion, say); not met then speaks for nothing."""
    procedures: ClassVar[tuple[Procedure, ...]] = tuple(Procedure)
    """The procedures for which the rule is asked; most are asked for both."""
    holds: ClassVar[Callable[..., bool]]
    needs: ClassVar[tuple[str, ...]] = ()
    _body: ClassVar[str] = ""
    _name: ClassVar[str] = ""

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        cls._body = cls.__module__.split(".")[-2:][0]
        cls._name = f"{cls._body}.{cls.__name__}"
        if abstract:
            return
        if "holds" in cls.__dict__:
            cls.needs = tuple(inspect.signature(cls.holds).parameters)
        if not (cls.source and cls.where and cls.needs):
            raise HouseFault(f"Rule {cls.__name__} does not say its source, the place there, or its facts.")
        if cls.source not in references():
            raise HouseFault(f"Rule {cls.__name__}: no reference '{cls.source}' in data/references.yaml.")
        for need in cls.needs:
            fact(need)

    @classmethod
    def body(cls) -> str:
        """The folder the rule lives in: ``ros``."""
        return cls._body

    @classmethod
    def name(cls) -> str:
        """The full name: ``ros.HasHadTimeToHeal``."""
        return cls._name

    @classmethod
    def outcome(cls, facts: Facts) -> Outcome:
        """MET or NOT MET if every possible value of the facts says so, else UNKNOWN."""
        if not isinstance(facts, RememberedFacts):
            return cls._answer(facts)
        known: Outcome | None = facts.answers.get(cls)
        if known is None:
            known = facts.answers[cls] = cls._answer(facts)
        return known

    @classmethod
    def _answer(cls, facts: Facts) -> Outcome:
        if any(need not in facts for need in cls.needs):
            return UNKNOWN
        every = product(*(possible_values(facts[need]) for need in cls.needs))
        answers = {cls.holds(*values) for values in every}
        return UNKNOWN if len(answers) > 1 else MET if answers.pop() else NOT_MET

    @classmethod
    def missing(cls, facts: Facts) -> tuple[str, ...]:
        """The facts that keep the rule from answering: absent, or not certain on the images."""
        if cls.outcome(facts) is not UNKNOWN:
            return ()
        absent = tuple(need for need in cls.needs if need not in facts)
        return absent or tuple(name for need in cls.needs for name in _to_settle(need, facts))

    @classmethod
    def judge(cls, facts: Facts) -> Verdict:
        """The rule's answer for these facts, with its sentence and its source."""
        outcome, missing = cls.outcome(facts), cls.missing(facts)
        used = {need: facts[need] for need in cls.needs if need in facts}
        return Verdict(
            rule=cls.name(),
            body=cls.body(),
            outcome=outcome,
            sentence=cls.sentence(outcome, facts, missing),
            source=cls.source,
            where=cls.where,
            used=used,
            missing=missing,
        )

    @classmethod
    def texts(cls) -> Texts:
        """The sentences of the rule's folder."""
        return texts(beside=_file_of(cls.__module__))

    @classmethod
    def say(cls, key: str, facts: Facts) -> str:
        """One of the rule's sentences (``rule``, ``short``, ``met``, ``not_met``), numbers filled in."""
        words, name = cls.texts(), f"{cls.__name__}.{key}"
        asked = words.placeholders(name)
        if not asked:
            return words.say(name)
        filled = numbers_of(_file_of(cls.__module__)) | cls.extra_words(facts) | words_of(facts, asked)
        return words.say(name, **{word: filled[word] for word in asked if word in filled})

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:  # noqa: ARG003  a hook for rules that need more words
        """Further words for the sentences; most rules need none."""
        return {}

    @classmethod
    def sentence(cls, outcome: Outcome, facts: Facts, missing: Iterable[str]) -> str:
        """What the verdict says to people."""
        if outcome is UNKNOWN:
            names = ", ".join(fact(name).label for name in askable(missing, facts))
            return own_texts().say("unknown", rule=cls.say("rule", facts), missing=names)
        return cls.say("met" if outcome is MET else "not_met", facts)


def _to_settle(need: str, facts: Facts) -> tuple[str, ...]:
    """What would settle an uncertain fact: what it was worked out without, or the fact itself."""
    known = facts[need]
    if is_certain(known):
        return ()
    return (isinstance(known, Derived) and known.missing) or (need,)


class AllOf(Rule, abstract=True):
    """Met if all parts are met, not met if one is not, else unknown (Kleene's and)."""

    parts: ClassVar[tuple[type[Rule], ...]] = ()
    settles: ClassVar[Outcome] = NOT_MET
    """One part with this outcome settles the whole."""

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        cls.needs = tuple(dict.fromkeys(need for part in cls.parts for need in part.needs))
        super().__init_subclass__(abstract=abstract)

    @classmethod
    def _answer(cls, facts: Facts) -> Outcome:
        """The parts joined by three-valued logic."""
        return join((part.outcome(facts) for part in cls.parts), settles=cls.settles)

    @classmethod
    def missing(cls, facts: Facts) -> tuple[str, ...]:
        """What the unknown parts miss, if the whole is unknown."""
        if cls.outcome(facts) is not UNKNOWN:
            return ()
        return tuple(dict.fromkeys(name for part in cls.parts for name in part.missing(facts)))


class AnyOf(AllOf, abstract=True):
    """Met if one part is met, not met if none is, else unknown (Kleene's or)."""

    settles: ClassVar[Outcome] = MET


class AtLeast(AllOf, abstract=True):
    """Met if at least ``enough`` parts are met, not met if that cannot be reached any more."""

    settles: ClassVar[Outcome] = MET
    enough: ClassVar[int]

    @classmethod
    def _answer(cls, facts: Facts) -> Outcome:
        """The parts counted; a part that is unknown may still turn out met."""
        found = [part.outcome(facts) for part in cls.parts]
        met = found.count(MET)
        if met >= cls.enough:
            return MET
        return UNKNOWN if met + found.count(UNKNOWN) >= cls.enough else NOT_MET

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{met_parts}``: the short names of the parts that are met."""
        met = [part.say("short", facts) for part in cls.parts if part.outcome(facts) is MET]
        return {"met_parts": ", ".join(met) or own_texts().say("none_of_them")}


def join(outcomes: Iterable[Outcome], settles: Outcome) -> Outcome:
    """Kleene's logic: ``settles`` if any part has it, else unknown if any is, else the opposite."""
    found = set(outcomes)
    if settles in found:
        return settles
    return UNKNOWN if UNKNOWN in found else {MET: NOT_MET, NOT_MET: MET}[settles]


def words_of(facts: Facts, asked: Iterable[str]) -> dict[str, str]:
    """The facts a sentence asks for, as people read them; ``{mri_source}`` asks where MRI comes from."""
    said: dict[str, str] = {}
    for name in asked:
        if name in facts:
            said[name] = fact(name).in_words(facts[name].value)
        elif name.removesuffix("_source") in facts:
            said[name] = facts[name.removesuffix("_source")].source
    return said


@cache
def _file_of(module: str) -> str:
    return str(importlib.import_module(module).__file__)


@cache
def folders() -> tuple[str, ...]:
    """The folders of rules there are, by name: what lies there has joined."""
    packages = [m.name for m in pkgutil.iter_modules(guidelines.__path__) if m.ispkg]
    return tuple(sorted(name for name in packages if (folder_path(name) / "rules.py").exists()))


def folder_path(folder: str) -> Path:
    """Where a folder of rules lies."""
    return Path(_file_of(f"{guidelines.__name__}.{folder}")).parent


@cache
def rules() -> dict[str, type[Rule]]:
    """Every rule of every folder by its full name, as in ``ros.HasHadTimeToHeal``."""
    found: dict[str, type[Rule]] = {}
    for module in (module for folder in folders() for module in _modules(folder)):
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Rule) and item.__module__ == module.__name__:
                found[item.name()] = item
    return found


def _modules(folder: str) -> list[ModuleType]:
    package = importlib.import_module(f"{guidelines.__name__}.{folder}")
    return [
        importlib.import_module(f"{package.__name__}.{m.name}")
        for m in pkgutil.iter_modules(package.__path__)
    ]


def rule(name: str) -> type[Rule]:
    """The rule of that full name, or a HouseFault with the nearest one."""
    if name in rules():
        return rules()[name]
    raise HouseFault(f"There is no rule '{name}'. {nearest(name, rules())}".strip())
