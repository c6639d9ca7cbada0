"""The one-page clinical record: every fact of the dictionary, Known or Unknown, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from vertebro.errors import BadRecord
from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.known import Known, Maybe, Unknown

NOT_WRITTEN = "not written in the record"

IN_ORDER = (
    ("fracture_date", "conservative_since"),
    ("osteoporosis_drug_start", "osteoporosis_drug_last_dose"),
)
"""Days of which the second cannot come before the first."""


@dataclass(frozen=True)
class ClinicalRecord:
    """What people wrote down about the patient on one day.

    ``entries`` may hold any recorded fact as Known or Unknown(why); one that is absent is Unknown.
    Refuses values out of range, days in the future of the record, and contradictions.
    """

    on: date
    entries: Mapping[str, Maybe[Any]]

    def __post_init__(self) -> None:
        checked = {name: _checked(name, entry) for name, entry in self.entries.items()}
        object.__setattr__(self, "entries", MappingProxyType(checked))
        self._refuse_future_days()
        self._refuse_days_in_the_wrong_order()
        self._refuse_contradictions()

    @classmethod
    def of(cls, on: date, source: str = "record", **values: Any) -> ClinicalRecord:
        """A record from plain values, all written on the same day."""
        return cls(on, {name: Known(value, source, on) for name, value in values.items()})

    def __getitem__(self, name: str) -> Maybe[Any]:
        return self.entries.get(fact(name).name, Unknown(NOT_WRITTEN))

    def __iter__(self) -> Iterator[tuple[str, Maybe[Any]]]:
        """Every recorded fact of the dictionary with its entry, known or not."""
        return ((name, self[name]) for name, f in facts().items() if f.origin == "record")

    def value(self, name: str) -> Any | None:
        """The plain value where known, else None: for comparing, never for deciding."""
        entry = self[name]
        return entry.value if isinstance(entry, Known) else None

    def _refuse_future_days(self) -> None:
        for name, entry in self.entries.items():
            if isinstance(entry, Known) and isinstance(entry.value, date) and entry.value > self.on:
                raise BadRecord(
                    f"{name} is {entry.value}, after the day of the record ({self.on}).",
                    "a day on or before the record's",
                    f"Correct {name} or the record's date.",
                )

    def _refuse_days_in_the_wrong_order(self) -> None:
        for earlier, later in IN_ORDER:
            first, second = self.value(earlier), self.value(later)
            if first is not None and second is not None and second < first:
                raise BadRecord(
                    f"{later} is {second}, before {earlier} ({first}).",
                    f"a {later} on or after {earlier}",
                    f"Correct {earlier} or {later}.",
                )

    def _refuse_contradictions(self) -> None:
        broke, weeks = self.value("fracture_date"), self.value("weeks_since_fracture")
        if broke is not None and weeks is not None and abs((self.on - broke).days / 7 - weeks) > 1:
            raise BadRecord(
                f"fracture_date {broke} is {(self.on - broke).days / 7:.1f} weeks before {self.on}, "
                f"but weeks_since_fracture is {weeks:g}.",
                "dates and weeks that agree within one week",
                "Keep the one that is certain and leave out the other.",
            )
        for truth, name, other, words in _contradictions(self):
            if truth:
                raise BadRecord(
                    f"The record says {words}.",
                    "facts that can be true together",
                    f"Correct {name} or {other}.",
                )


Contradiction = tuple[bool, str, str, str]
"""Whether it is there, the two facts, and what the record says, in words."""


def _contradictions(record: ClinicalRecord) -> list[Contradiction]:
    get = record.value
    thinners, held = get("anticoagulant") or (), get("anticoagulant_held")
    male_pregnant = get("sex") == "male" and get("pregnant") is True
    return [
        (male_pregnant, "sex", "pregnant", "male and pregnant"),
        *_nothing_and_something(record),
        (
            thinners == ("none",) and held is True,
            "anticoagulant",
            "anticoagulant_held",
            "no blood thinner and a blood thinner that was paused",
        ),
        (
            get("trauma") == "none" and get("osteoporosis") is False and get("malignancy") == "none",
            "trauma",
            "osteoporosis",
            "a fracture without injury, without osteoporosis and without a tumour",
        ),
        (
            get("myeloma") is True and get("malignancy") == "none",
            "myeloma",
            "malignancy",
            "that myeloma is known and that no tumour is suspected to be the cause of the fracture",
        ),
        *_contradictory_findings(record),
    ]


def _nothing_and_something(record: ClinicalRecord) -> list[Contradiction]:
    """Lists that hold ``none`` beside something: no allergy and latex, no blood thinner and aspirin."""
    lists = ((name, f.label, record.value(name) or ()) for name, f in facts().items() if f.kind == "choices")
    return [
        (
            "none" in given and set(given) != {"none"},
            name,
            "leave out 'none'",
            f"{label}: none, and {_others(given)}",
        )
        for name, label, given in lists
    ]


def _others(given: tuple[str, ...]) -> str:
    return ", ".join(one.replace("_", " ") for one in given if one != "none")


def _contradictory_findings(record: ClinicalRecord) -> list[Contradiction]:
    get = record.value
    scanned, share, why_not = get("mri"), get("mri_oedema_fraction"), get("mri_impossible_reason")
    wall, canal = get("posterior_wall"), get("canal_narrowing_pct")
    shown = next((n for n in ("mri", "oedema_extent", "mri_oedema_fraction") if get(n) is not None), None)
    found = next((n for n in ("exam_matches_level", "tender_levels") if get(n) is not None), None)
    return [
        (
            shown is not None and why_not is not None,
            str(shown),
            "mri_impossible_reason",
            f"that MRI is impossible ({why_not}) and what it showed",
        ),
        (
            None not in (scanned, share) and (scanned == "oedema") is not ((share or 0) > 0),
            "mri",
            "mri_oedema_fraction",
            f"that MRI showed {str(scanned).replace('_', ' ')} and oedema in {share} % of the vertebral body",
        ),
        (
            get("examined") is False and found is not None,
            "examined",
            str(found),
            "that the back was not examined and what the examination found",
        ),
        *_contradictory_extent(record),
        *_contradictory_signs(record),
        (
            wall == "intact" and (canal or 0) > 0,
            "posterior_wall",
            "canal_narrowing_pct",
            f"that the posterior wall is intact and the canal narrowed by {canal} %",
        ),
    ]


def _contradictory_extent(record: ClinicalRecord) -> list[Contradiction]:
    """How much of the body shows oedema against whether there is any, and against how many per cent."""
    scanned, share = record.value("mri"), record.value("mri_oedema_fraction")
    extent = record.value("oedema_extent")
    any_there = extent != "none"
    return [
        (
            None not in (scanned, extent) and (scanned == "oedema") is not any_there,
            "mri",
            "oedema_extent",
            f"that MRI showed {str(scanned).replace('_', ' ')} and that the part with oedema is: {extent}",
        ),
        (
            None not in (share, extent) and ((share or 0) > 0) is not any_there,
            "mri_oedema_fraction",
            "oedema_extent",
            f"oedema in {share} % of the vertebral body and that the part with oedema is: {extent}",
        ),
    ]


def _contradictory_signs(record: ClinicalRecord) -> list[Contradiction]:
    get = record.value
    rest, moving, lost = get("pain_nrs_rest"), get("pain_nrs_movement"), get("height_loss_progression_pct")
    return [
        (
            get("pain_less_at_rest") is True and rest is not None and moving is not None and rest > moving,
            "pain_less_at_rest",
            "pain_nrs_rest",
            f"that the pain is less at rest, and pain of {rest} at rest and {moving} on moving",
        ),
        (
            get("midline_tenderness") is False and bool(get("tender_levels")),
            "midline_tenderness",
            "tender_levels",
            "that no spinous process is tender, and which are",
        ),
        (
            get("height_loss_progressing") is False and (lost or 0) > 0,
            "height_loss_progressing",
            "height_loss_progression_pct",
            f"that no further height was lost, and that {lost} % was",
        ),
    ]


def _checked(name: str, entry: Maybe[Any]) -> Maybe[Any]:
    known = fact(name)
    if known.origin != "record":
        raise BadRecord(
            f"{name} is worked out by vertebro.", "facts a person records", f"Leave {name} out of the record."
        )
    if isinstance(entry, Unknown):
        return entry
    return replace(entry, value=known.check(entry.value))  # what more a reading carries is kept
