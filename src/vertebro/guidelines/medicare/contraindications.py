"""Medicare's absolute contraindications (excluded) and its relative ones (named, to be addressed)."""

from __future__ import annotations

from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, AnyOf, Rule
from vertebro.guidelines.safety.bleeding import BloodThinnerNotPaused, InrTooHigh, PlateletsTooLow
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

POLICY = "medicare_lcd_vertebral_augmentation"
TRANSCRIPT = "medicare_l34228_checklist"
ABSOLUTE = "absolute contraindications"
RELATIVE_LIST = "relative contraindications"


def names_of_met(rules: tuple[type[Rule], ...], facts: Facts) -> dict[str, str]:
    """``{met_parts}``: the short names of those of the rules that are met."""
    return {"met_parts": ", ".join(r.say("short", facts) for r in rules if r.outcome(facts) is MET)}


class HasPainFromElsewhere(Rule):
    """Excluded: pain that does not primarily come from this fracture."""

    source, where, topic = POLICY, ABSOLUTE, "level"
    speaks_against = True

    @staticmethod
    def holds(pain_source_is_fracture: bool) -> bool:
        """True if the pain comes from elsewhere."""
        return not pain_source_is_fracture


class HasInfection(Rule):
    """Excluded: osteomyelitis, discitis, active systemic or surgical-site infection."""

    source, where, topic = TRANSCRIPT, ABSOLUTE, "infection"
    speaks_against = True

    @staticmethod
    def holds(infection_or_signs: str) -> bool:
        """True for any infection, also one that is suspected and not ruled out."""
        return infection_or_signs != "none"


class IsPregnant(Rule):
    """Excluded: pregnancy."""

    source, where, topic = POLICY, ABSOLUTE, "pregnancy"
    speaks_against = True

    @staticmethod
    def holds(pregnant: bool) -> bool:
        """True if the patient is pregnant."""
        return pregnant


EXCLUSIONS: tuple[type[Rule], ...] = (HasPainFromElsewhere, HasInfection, IsPregnant)


class HasManyFractures(Rule):
    """Relative: more fractures in one procedure than the policy names."""

    source, where, topic, values = POLICY, RELATIVE_LIST, "extent", (v.fractures_above,)
    speaks_against = True

    @staticmethod
    def holds(symptomatic_levels: int) -> bool:
        """True above that number of painful fractures."""
        return symptomatic_levels > v.fractures_above.number


class IsAllergic(Rule):
    """Relative: allergy to bone cement or opacification agents."""

    source, where, topic = TRANSCRIPT, RELATIVE_LIST, "allergy"
    speaks_against = True

    @staticmethod
    def holds(allergies: tuple[str, ...]) -> bool:
        """True for cement, barium in the cement, or contrast medium."""
        return bool({"pmma", "barium", "iodinated_contrast"} & set(allergies))


class HasUncorrectedCoagulopathy(AnyOf):
    """Relative: uncorrected coagulopathy, which the policy does not define; read as our safety gate."""

    source, where, topic = POLICY, RELATIVE_LIST, "bleeding"
    values = (*InrTooHigh.values, *PlateletsTooLow.values)
    speaks_against = True
    parts = (InrTooHigh, PlateletsTooLow, BloodThinnerNotPaused)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{met_parts}``: which of them."""
        return names_of_met(cls.parts, facts)


class IsUnstable(Rule):
    """Relative: spinal instability."""

    source, where, topic = POLICY, RELATIVE_LIST, "stability"
    speaks_against = True

    @staticmethod
    def holds(spinal_instability: str) -> bool:
        """True if any instability is written."""
        return spinal_instability != "none"


class HasNeurologicDeficit(Rule):
    """Relative: neurologic deficit or myelopathy from the fracture."""

    source, where, topic = POLICY, RELATIVE_LIST, "neurology"
    speaks_against = True

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True for an incomplete or complete loss."""
        return neuro_grade in ("N3", "N4")


class HasNeuralImpingement(Rule):
    """Relative: neural impingement."""

    source, where, topic = TRANSCRIPT, RELATIVE_LIST, "neurology"
    speaks_against = True

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        """True for a nerve root sign."""
        return neuro_grade == "N2"


class HasRetropulsion(Rule):
    """Part of the next rule: the posterior wall is pushed into the canal."""

    source, where = TRANSCRIPT, RELATIVE_LIST

    @staticmethod
    def holds(posterior_wall: str) -> bool:
        """True if it is retropulsed."""
        return posterior_wall == "retropulsed"


class HasCanalCompromise(Rule):
    """Part of the next rule: the canal is narrowed."""

    source, where = TRANSCRIPT, RELATIVE_LIST

    @staticmethod
    def holds(canal_narrowing_pct: float) -> bool:
        """True if it is narrowed at all; the policy prints no limit."""
        return canal_narrowing_pct > 0


class HasRetropulsionOrCanalCompromise(AnyOf):
    """Relative: fracture retropulsion or canal compromise."""

    source, where, topic = TRANSCRIPT, RELATIVE_LIST, "wall"
    speaks_against = True
    parts = (HasRetropulsion, HasCanalCompromise)

    @classmethod
    def extra_words(cls, facts: Facts) -> dict[str, str]:
        """``{met_parts}``: which of them."""
        return names_of_met(cls.parts, facts)


RELATIVE: tuple[type[Rule], ...] = (
    HasManyFractures,
    IsAllergic,
    HasUncorrectedCoagulopathy,
    IsUnstable,
    HasNeurologicDeficit,
    HasNeuralImpingement,
    HasRetropulsionOrCanalCompromise,
)
