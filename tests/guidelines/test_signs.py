"""Signs on the images reach what the bodies read; what a person wrote is never replaced silently."""

from typing import Any

import pytest
from patients import LEVEL, but, facts_from

from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.medicare.contraindications import HasInfection
from vertebro.guidelines.nass.rules import HasNoTumour
from vertebro.guidelines.reading import Reading, possible_values
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, rules

WRITTEN: list[tuple[dict[str, Any], Any, Any]] = [  # what is written, tumour or signs, infection or signs
    ({}, "none", "none"),
    ({"malignancy": None, "infection": None}, None, None),
    ({"tumour_signs": ["none"], "infection_signs": ["none"]}, "none", "none"),
    ({"tumour_signs": ["pedicle_destroyed"]}, "suspected", "none"),
    ({"malignancy": None, "tumour_signs": ["pedicle_destroyed"]}, "suspected", "none"),
    ({"malignancy": "known", "tumour_signs": ["pedicle_destroyed"]}, "known", "none"),
    ({"malignancy": None, "myeloma": True}, "suspected", "none"),
    ({"myeloma": False}, "none", "none"),
    ({"infection_signs": ["abscess"]}, "none", "suspected"),
    ({"infection": None, "infection_signs": ["bright_disc"]}, "none", "suspected"),
    ({"infection": "surgical_site", "infection_signs": ["bright_disc"]}, "none", "surgical_site"),
]


@pytest.mark.parametrize(("changed", "tumour", "infection"), WRITTEN, ids=str)
def test_signs_turn_none_into_suspected_for_the_bodies(
    changed: dict[str, Any], tumour: str | None, infection: str | None
) -> None:
    given = facts_from(but(**changed))
    facts = with_derived(given, LEVEL)
    found = [facts[n].value if n in facts else None for n in ("malignancy_or_signs", "infection_or_signs")]
    assert found == [tumour, infection]
    assert all(facts.get(n) == given.get(n) for n in ("malignancy", "infection"))


def test_the_bodies_answer_to_signs_as_the_gate_does() -> None:
    seen = with_derived(
        facts_from(but(infection_signs=["abscess"], tumour_signs=["soft_tissue_mass"])), LEVEL
    )
    assert HasInfection.outcome(seen) is MET and HasNoTumour.outcome(seen) is NOT_MET
    assert facts_from(but())["infection"].value == "none"
    assert seen["osteoporotic_fracture"].value is False
    nothing = with_derived(facts_from(but(infection=None)), LEVEL)
    assert HasInfection.outcome(nothing) is UNKNOWN


def test_an_open_list_with_one_sure_sign_is_a_sign_and_an_open_answer_stays_open() -> None:
    sure = Reading(("abscess",), "test", None, (("abscess",), ("abscess", "bright_disc")))
    facts = with_derived(facts_from(but()) | {"infection_signs": sure}, LEVEL)
    assert facts["infection_or_signs"].value == "suspected"
    doubtful = Reading("none", "test", None, ("none", "known"))
    open_still = with_derived(facts_from(but()) | {"malignancy": doubtful}, LEVEL)["malignancy_or_signs"]
    assert set(possible_values(open_still)) == {"none", "known"}
    signs = facts_from({"tumour_signs": ["pedicle_destroyed"]})
    both = with_derived(facts_from(but()) | {"malignancy": doubtful} | signs, LEVEL)["malignancy_or_signs"]
    assert set(possible_values(both)) == {"suspected", "known"}


def test_only_the_gates_and_the_cause_read_the_bare_answers() -> None:
    """A body that asked for the bare answer would pass over signs that the gate sees."""
    bare = {"malignancy", "infection"}
    readers = {rule.body() for rule in rules().values() if bare & set(rule.needs)}
    assert readers == {"safety"}
