"""The fields of a case file: what each may hold, checked all at once, every fault with its line."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vertebro.errors import BadCase, BadInput, BadRecord, nearest
from vertebro.formats.hints import hint_for_day
from vertebro.formats.labels import label_schemes, scheme_named
from vertebro.formats.marked_yaml import MarkedYaml, Place, read_marked_yaml
from vertebro.formats.recordform import record_of
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.levels import Level

T = TypeVar("T")

MOST_FAULTS = 20  # shown at once; a file with more is of another kind, or wrong throughout
BARE_FIELDS = ("id", "date", "level")
"""Fields of a bare record that are not clinical facts."""


def _level(value: Any) -> Level:
    if isinstance(value, Level):
        return value
    if not isinstance(value, str):
        raise ValueError("not a level")
    try:
        return Level.parse(value)
    except BadInput as fault:
        raise ValueError(fault.do) from None


def _axis_codes(value: str) -> str:
    if len(value) == 3 and all(len(set(value) & set(pair)) == 1 for pair in ("RL", "AP", "IS")):
        return value
    raise ValueError("not three axis letters")


def _scheme(value: str) -> str:
    try:
        return scheme_named(value).key
    except BadInput as fault:
        raise ValueError(fault.do) from None


def _file_alone(value: Any) -> Any:
    """``ct: ct.nii.gz`` is short for ``ct: {file: ct.nii.gz}``."""
    return {"file": value} if isinstance(value, str) else value


A_LEVEL = "a vertebra: C1 to C7, T1 to T13, L1 to L6 or S1"
FilePath = Annotated[
    str, Field(min_length=1, max_length=4096, description="the path of a file, from the folder of the case")
]
LevelName = Annotated[Level, BeforeValidator(_level)]
Codes = Annotated[str, AfterValidator(_axis_codes)]
Scheme = Annotated[str, AfterValidator(_scheme)]
Short = Annotated[str, Field(min_length=1, max_length=200, description="a few words")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class CtForm(_Part):
    """Where the CT is."""

    file: FilePath = Field(
        description="a NIfTI file, or a folder of DICOM slices, from the folder of the case"
    )
    series: str | None = Field(
        default=None, description="which series of a DICOM folder: its number or UID, as it is listed"
    )
    straighten: bool = Field(
        default=False,
        description="true: resample a DICOM series with a tilted gantry; draw the mask on the result",
    )
    orientation: Codes | None = Field(
        default=None,
        description="where the stored axes truly point, such as PIR, only where the file says it wrongly",
    )


class BodyForm(_Part):
    """A mask of the vertebral bodies alone, on the grid of the mask."""

    file: FilePath
    numbers: list[int] | None = Field(
        default=None, description="the numbers in it that are body, such as [1]"
    )


class MaskForm(_Part):
    """Where the vertebra mask is and what its numbers mean."""

    file: FilePath = Field(description="a NIfTI label image or a DICOM SEG file, from the folder of the case")
    scheme: Scheme | None = Field(
        default=None, description="the label scheme, one of: " + ", ".join(label_schemes())
    )
    levels: dict[int, LevelName] = Field(
        default={},
        description="your own names, number by number, such as {20: L1, 21: L2}; they overrule the rest",
    )
    confirmed_by: Short | None = Field(
        default=None, description="who looked at the levels and found them right"
    )
    orientation: Codes | None = Field(
        default=None,
        description="where the stored axes truly point, such as PIR, only where the file says it wrongly",
    )
    body: Annotated[BodyForm | None, BeforeValidator(_file_alone)] = Field(
        default=None, description="a mask of the vertebral bodies alone, on the same grid"
    )


class PhantomForm(_Part):
    """The density calibration of a phantom scanned with the patient: density = slope x HU + intercept."""

    slope_mg_cm3_per_hu: float = Field(gt=0, le=10, description="a number above 0 and up to 10")
    intercept_mg_cm3: float = Field(ge=-1000, le=1000, description="a number from -1000 to 1000")
    kind: Literal["k2hpo4_mg_cm3", "ha_mg_cm3"] = Field(description="one of: k2hpo4_mg_cm3, ha_mg_cm3")
    source: Short = Field(description="where the numbers come from, in a few words")


class TissuesForm(_Part):
    """A mask of the tissues that calibrate density without a phantom."""

    file: FilePath
    scheme: Literal["ogo", "totalsegmentator"] = Field(
        default="ogo",
        description="ogo (91 fat, 92 air, 93 blood, 94 cortical bone, 95 muscle) or totalsegmentator",
    )


class MrSeriesForm(_Part):
    """Where one MR series is."""

    file: FilePath = Field(
        description="a NIfTI file, or a folder of DICOM slices, from the folder of the case"
    )
    series: str | None = Field(
        default=None, description="which series of a DICOM folder: its number, description or UID"
    )
    orientation: Codes | None = Field(
        default=None,
        description="where the stored axes truly point, such as PIR, only where the file says it wrongly",
    )


SeriesPlace = Annotated[MrSeriesForm | None, BeforeValidator(_file_alone)]


class MriForm(_Part):
    """The MR series of one visit. Which sequence each is you say by its name here."""

    stir: SeriesPlace = Field(default=None, description="the STIR series; shows oedema")
    t2_fat_suppressed: SeriesPlace = Field(
        default=None, description="the T2 series with fat suppression, where there is no STIR; shows oedema"
    )
    t2: SeriesPlace = Field(
        default=None, description="the T2 series without fat suppression; oedema is not measured on it"
    )
    t1: SeriesPlace = Field(default=None, description="the T1 series; shown beside the others")
    mask: Annotated[MaskForm | None, BeforeValidator(_file_alone)] = Field(
        default=None, description="a vertebra mask drawn on the MRI, with its own scheme"
    )
    registered: bool = Field(
        default=False, description="true: the MRI was already registered to the CT and lies on it"
    )


class CaseForm(_Part):
    """One patient on one day."""

    id: Short = Field(description="a name for the case that identifies nobody")
    date: datetime.date = Field(description="the day of the images and the record, as YYYY-MM-DD")
    level: LevelName | None = Field(default=None, description=A_LEVEL + "; the one the decision is about")
    ct: Annotated[CtForm | None, BeforeValidator(_file_alone)] = Field(
        default=None, description="where the CT is"
    )
    mask: Annotated[MaskForm | None, BeforeValidator(_file_alone)] = Field(
        default=None, description="where the mask is"
    )
    phantom: PhantomForm | None = Field(default=None, description="the calibration of a phantom")
    tissues: Annotated[TissuesForm | None, BeforeValidator(_file_alone)] = Field(
        default=None, description="a mask of the calibrating tissues"
    )
    mri: MriForm | None = Field(
        default=None, description="the MR series of one visit; what a person saw on them belongs in `record`"
    )
    record: dict[str, Any] = Field(default={}, description="facts about the patient, one on each line")


WRITTEN_AS_TEXT: tuple[Place, ...] = (
    ("id",),
    ("ct", "series"),
    *(("mri", name, "series") for name in ("stir", "t2_fat_suppressed", "t2", "t1")),
)
"""Fields whose digits are a name: ``id: 0042`` stays 0042."""


def read_form(path: Path) -> tuple[CaseForm, ClinicalRecord]:
    """The fields and the record of a case file; one error that lists every fault with its line."""
    marked = read_marked_yaml(path)
    content = _as_mapping(marked)
    form = _checked_form(marked, content)
    record = record_of(marked, content.get("date"), content.get("record") or {}, ("record",))
    return _without_faults(marked, form), _without_faults(marked, record)


def read_record_form(path: Path) -> tuple[CaseForm, ClinicalRecord]:
    """The same for a file that holds a date and facts and nothing else; ``id`` and ``level`` if given."""
    marked = read_marked_yaml(path)
    content = _as_mapping(marked)
    if _is_case(content):
        return read_form(path)
    about = {"id": path.stem} | {name: content[name] for name in BARE_FIELDS if name in content}
    form = _checked_form(marked, about)
    facts = {name: value for name, value in content.items() if name not in BARE_FIELDS}
    record = record_of(marked, content.get("date"), facts, ())
    return _without_faults(marked, form), _without_faults(marked, record)


def _is_case(content: Mapping[Any, Any]) -> bool:
    """True for a whole case file. ``mri`` alone says nothing: it is a fact too (``mri: oedema``)."""
    if set(content) & (set(CaseForm.model_fields) - {*BARE_FIELDS, "mri"}):
        return True
    images = content.get("mri")
    return isinstance(images, dict) and bool(set(images) & set(MriForm.model_fields))


def allowed_at(place: Iterable[str | int]) -> str:
    """What a field of the case file may hold, in words."""
    model: type[BaseModel] | None = CaseForm
    said = ""
    for name in place:
        if model is None or name not in model.model_fields:
            break
        said = model.model_fields[str(name)].description or said
        model = part_of(model.model_fields[str(name)].annotation)
    return said


def _as_mapping(marked: MarkedYaml) -> dict[Any, Any]:
    if isinstance(marked.content, dict) and marked.content:
        return marked.content
    raise BadCase(
        f"{marked.path.name} holds no fields.",
        "fields such as `id: case 1` and `date: 2026-11-22`",
        "See docs/case.md.",
    )


def _checked_form(marked: MarkedYaml, content: Mapping[Any, Any]) -> CaseForm | None:
    data = {**content}
    for place in WRITTEN_AS_TEXT:
        _put_as_written(marked, data, place)
    try:
        form = CaseForm.model_validate(data)
    except ValidationError as fault:
        for error in fault.errors(include_url=False):
            _note_fault(marked, error)
        return None
    return form


def _put_as_written(marked: MarkedYaml, data: dict[Any, Any], place: Place) -> None:
    *outer, last = place
    for name in outer:
        if not isinstance(data.get(name), dict):
            return
        inner = {**data[name]}
        data[name] = inner
        data = inner
    if place in marked.written and data.get(last) is not None:
        data[last] = marked.written[place]


def _note_fault(marked: MarkedYaml, error: Mapping[str, Any]) -> None:
    place: Place = tuple(error["loc"])
    if error["type"] == "missing":
        marked.fault(place, "this field is missing", allowed_at(place))
    elif error["type"] == "extra_forbidden":
        around = _fields_at(place[:-1])
        marked.fault(place, "there is no such field", ", ".join(around), nearest(str(place[-1]), around))
    else:
        found = marked.shown(place, error["input"])
        hint = _hint(error) or hint_for_day(marked.written.get(place, ""))
        marked.fault(place, f"found {found}", allowed_at(place), hint)


def _hint(error: Mapping[str, Any]) -> str:
    said = str(error.get("ctx", {}).get("error", ""))
    return said[said.find("Did you mean") :] if "Did you mean" in said else ""


def _fields_at(place: Place) -> list[str]:
    model: type[BaseModel] | None = CaseForm
    for name in place:
        model = part_of(model.model_fields[str(name)].annotation) if model else None
    return list(model.model_fields) if model else []


def part_of(annotation: Any) -> type[BaseModel] | None:
    """The form inside a field's type, such as CtForm in ``CtForm | None``; None for a plain value."""
    for option in (annotation, *get_args(annotation)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _without_faults(marked: MarkedYaml, part: T | None) -> T:
    if part is not None and not marked.faults:
        return part
    faults = sorted(set(marked.faults), key=lambda f: f.line)
    count = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
    lines = "".join(f"\n  {fault}" for fault in faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        lines += f"\n  and {len(faults) - MOST_FAULTS} more"
    kind = BadRecord if all(f.in_record for f in faults) else BadCase
    raise kind(
        f"{marked.path.name} has {count}:{lines}",
        "a case file as docs/case.md describes it",
        "Correct these lines.",
    )
