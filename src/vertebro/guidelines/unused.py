"""What was recorded without any rule or derivation reading it: said, so that nobody takes it for weighed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from vertebro.guidelines.derive import all_worked_out, with_derived
from vertebro.guidelines.reading import Derived, Facts
from vertebro.guidelines.rule import rules
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Unknown

READ_FOR_THE_WEEKS = ("fracture_date", "fracture_date_basis", "pain_onset_date")
"""What the weeks since the fracture are counted from before any rule is asked."""


class _Watched(dict[str, Known[Any]]):
    """Facts that remember which of them were asked for."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """The fact, remembered as asked for."""
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Known[Any]:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


def unused(facts: Facts) -> tuple[str, ...]:
    """The recorded facts, in their order, that no rule and no derivation reads for this patient."""
    watched = _Watched(with_derived(facts, Unknown("not asked")))
    for work in all_worked_out().values():
        work(watched)
    read = {*_read_by_rules(), *watched.asked, *READ_FOR_THE_WEEKS}
    return tuple(name for name in _recorded(facts) if name not in read)


def _recorded(facts: Facts) -> Iterable[str]:
    return (n for n, k in facts.items() if fact(n).origin == "record" and not isinstance(k, Derived))


@cache
def _read_by_rules() -> frozenset[str]:
    return frozenset(need for rule in rules().values() for need in rule.needs)
