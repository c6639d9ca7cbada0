"""Where anything comes from, in words: a rule, a value, a fact or a work of the bibliography."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vertebro.errors import BadInput, nearest
from vertebro.guidelines.explain import explain_rule
from vertebro.guidelines.rule import rules
from vertebro.vocabulary.facts import Fact, facts
from vertebro.vocabulary.library import CitedValue, Reference, all_cited_values, references
from vertebro.vocabulary.texts import texts

LISTS: dict[str, Callable[[], Iterable[str]]] = {
    "rules": rules,
    "values": all_cited_values,
    "facts": facts,
    "references": references,
}


def explain(name: str) -> str:
    """Everything known about one name; or every name of a kind: rules, values, facts, references."""
    if name in LISTS:
        return "\n".join(sorted(LISTS[name]()))
    found = _entries(name)
    if found:
        return "\n\n".join(found)
    every = [*rules(), *all_cited_values(), *facts(), *references()]
    hint = nearest(name, every) or nearest(name, [n.rpartition(".")[2] for n in every])
    raise BadInput(
        f"Nothing is called '{name}'.",
        "the name of a rule, value, fact or reference",
        f"List them with: vertebro explain rules (or values, facts, references). {hint}".strip(),
    )


def _entries(name: str) -> list[str]:
    """A short name may be more than one thing; then all of them are shown."""
    named = [n for n in rules() if name in (n, n.rpartition(".")[2])]
    valued = [n for n in all_cited_values() if name in (n, n.rpartition(".")[2])]
    said = [_rule(n) for n in named]
    said += [_value(n, all_cited_values()[n]) for n in valued]
    said += [_fact(facts()[name])] if name in facts() else []
    said += [_reference(references()[name])] if name in references() else []
    return said


def _rule(name: str) -> str:
    known = explain_rule(name)
    lines = [
        _say("source", source=known.reference, where=known.where),
        _say("needs", facts=", ".join(f"{facts()[n].label} ({n})" for n in known.needs)),
        _say("if_met", sentence=known.when_met),
        _say("if_not_met", sentence=known.when_not_met),
    ]
    lines += [_say("stance", stance=known.stance)] if known.stance else []
    lines += [_say("parts", parts=", ".join(known.parts))] if known.parts else []
    lines += [_value(value.name, value) for value in known.numbers]
    lines += [_say("case", case=case, outcome=outcome) for case, outcome in known.cases]
    return _under(_say("rule", name=name, sentence=known.sentence), lines)


def _value(name: str, value: CitedValue) -> str:
    lines = [
        _say("source", source=value.reference, where=value.where),
        _say("checked", day=value.checked_on),
    ]
    lines += [_say("note", note=value.note)] if value.note else []
    return _under(_say("value", name=name, value=value.in_words()), lines)


def _fact(fact: Fact) -> str:
    lines = [
        _say("question", question=fact.question),
        _say("allowed", allowed=fact.allowed),
        _say(f"origin_{fact.origin}"),
    ]
    lines += [_say("code", code=fact.code)] if fact.code else []
    asking = ", ".join(name for name, rule in rules().items() if fact.name in rule.needs)
    lines += [_say("asked_by", rules=asking)] if asking else []
    return _under(_say("fact", name=fact.name, label=fact.label), lines)


def _reference(work: Reference) -> str:
    lines = [_say("note", note=work.note)] if work.note else []
    used = ", ".join(name for name, value in all_cited_values().items() if value.source == work.key)
    lines += [_say("values_from_it", values=used)] if used else []
    return _under(_say("reference", key=work.key, work=work), lines)


def _under(head: str, lines: Iterable[str]) -> str:
    """The lines set in under their head."""
    return "\n".join([head, *(f"  {line}" for entry in lines for line in entry.splitlines())])


def _say(key: str, /, **values: object) -> str:
    return texts(beside=__file__, name="terminal").say(f"explain.{key}", **values)
