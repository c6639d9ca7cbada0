"""A case file becomes a Case: images read, vertebrae named, orientation and fit checked, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from vertebro.errors import BadCase, BadFile, BadGeometry, BadLabels
from vertebro.formats.caseform import (
    CaseForm,
    CtForm,
    MaskForm,
    MriForm,
    MrSeriesForm,
    read_form,
    read_record_form,
)
from vertebro.formats.label_names import names_of
from vertebro.formats.labels import FoundNames, read_spine, whole_numbers
from vertebro.formats.mr_series import MrSeries, read_mr_image
from vertebro.formats.nifti import read_label_table, read_nifti, read_nifti_with_notes
from vertebro.formats.places import is_folder
from vertebro.patient.case import Case, Phantom
from vertebro.patient.mask_fit import check_mask_fits_ct
from vertebro.patient.mri import Mri, MrImage, MrSequence
from vertebro.patient.orientation import Orientation, bodies_alone, check_orientation, with_axis_codes
from vertebro.patient.proportions import check_proportions, check_volumes
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.texts import texts

say = texts(__file__, "casefile_text").say
CASE_NAMES = ("case.yaml", "case.yml")
BODY_NAMES = ("vertebrae_body", "vertebral_body", "body", "corpus")
TISSUES_OF_TOTALSEGMENTATOR = {52: 93, 86: 95, 87: 95}
"""aorta to blood, autochthonous back muscle of both sides to skeletal muscle [totalsegmentator_labels]."""


def read_case(path: Path) -> Case:
    """The case of a ``case.yaml``, or of the folder that holds one."""
    path = _case_path(Path(path))
    form, record = read_form(path)
    _refuse_tomorrow(form.date, path)
    ct, ct_notes = _read_ct(form.ct, path.parent)
    spine, mask_notes = _read_mask(form.mask, path.parent, ct)
    _refuse_cut_off(form.level, spine)
    mri = _read_mri(form, path.parent, spine)
    return Case(
        id=form.id,
        on=form.date,
        record=record,
        level=_level(form),
        ct=ct,
        spine=spine,
        phantom=_phantom(form),
        tissues=_read_tissues(form, path.parent, ct),
        notes=(*ct_notes, *mask_notes),
        mri=mri,
    )


def read_record(path: Path) -> ClinicalRecord:
    """The clinical record of a case file, or of a file that holds ``date`` and facts alone."""
    return read_record_form(_case_path(Path(path)))[1]


def read_record_case(path: Path) -> Case:
    """The case of a record without its images, which are neither looked for nor read."""
    path = _case_path(Path(path))
    form, record = read_record_form(path)
    _refuse_tomorrow(form.date, path)
    not_read = Unknown("only the record was read, not the images")
    return Case(form.id, form.date, record, _level(form), ct=not_read, spine=not_read)


def case_of_mask(mask: Path, scheme: str | None = None, ct: Path | None = None) -> Case:
    """A case of images alone, read today: a vertebra mask, and its CT where there is one."""
    here = Path.cwd()
    found, ct_notes = _read_ct(CtForm(file=str(ct)) if ct else None, here)
    spine, mask_notes = _read_mask(MaskForm(file=str(mask), scheme=scheme), here, found)
    today = date.today()
    level = Unknown("only a mask was given, no level")
    return Case(
        mask.name, today, ClinicalRecord(today, {}), level, found, spine, notes=(*ct_notes, *mask_notes)
    )


def _case_path(path: Path) -> Path:
    if not is_folder(path):
        return path
    found = [path / name for name in CASE_NAMES if (path / name).is_file()]
    if len(found) == 1:
        return found[0]
    raise BadFile(
        f"The folder {path} holds {'both ' + ' and '.join(CASE_NAMES) if found else 'no case.yaml'}.",
        "one case.yaml",
        "Name the case file itself.",
    )


def _refuse_tomorrow(on: date, path: Path) -> None:
    if on > date.today() + timedelta(days=1):  # a day's grace for time zones
        raise BadCase(
            f"{path.name}: the date of the case, {on}, lies in the future.",
            "a day up to today",
            "Correct `date`: the weeks since the fracture are counted from it.",
        )


def _read_ct(form: CtForm | None, folder: Path) -> tuple[Volume | Unknown, tuple[str, ...]]:
    if form is None:
        return Unknown("no CT was given"), ()
    path = folder / form.file
    if is_folder(path):
        from vertebro.formats.dicom import read_series  # pydicom is slow to load and often not needed

        ct, notes = read_series(path, form.series, form.straighten)
    else:
        ct, notes = read_nifti_with_notes(path, Quantity.HOUNSFIELD)
    ct, more = _as_asked(ct, form.orientation, "the CT")
    return ct, (*notes, *more)


def _read_mask(
    form: MaskForm | None, folder: Path, ct: Volume | Unknown
) -> tuple[Spine | Unknown, tuple[str, ...]]:
    """The spine of a mask whose names, orientation and place on the CT have been checked."""
    if form is None:
        return Unknown("no vertebra mask was given"), ()
    path = folder / form.file
    labels, names, notes = _labels_and_names(path, ct)
    labels, more = _as_asked(labels, form.orientation, "the mask")
    body = _read_body(form, folder, labels)
    spine = read_spine(labels, names, form.scheme, form.levels, body)
    check_volumes(spine)
    lie = check_orientation(spine)
    check_proportions(spine, lie)
    said = [*notes, *more, *spine.notes, *lie.notes]
    said.append(say("confirmed", by=form.confirmed_by) if form.confirmed_by else say("not_confirmed"))
    if isinstance(ct, Volume):
        said.append(_fit_note(ct, spine, lie))
    return replace(spine, notes=tuple(said)), tuple(said)


def _labels_and_names(path: Path, ct: Volume | Unknown) -> tuple[Volume, FoundNames | None, tuple[str, ...]]:
    if path.suffix.lower() == ".dcm":
        from vertebro.formats.seg import read_seg

        if isinstance(ct, Unknown):
            raise BadCase(
                f"The mask {path.name} is a DICOM SEG, and no CT was given.",
                "the CT series it was drawn on",
                "Write `ct:` in the case file.",
            )
        labels, table = read_seg(path, ct)
        return labels, FoundNames(table, "the DICOM SEG"), ()
    labels, notes = read_nifti_with_notes(path, Quantity.LABEL)
    return labels, names_of(path, labels), notes


def _as_asked(image: Volume, codes: str | None, what: str) -> tuple[Volume, tuple[str, ...]]:
    """The image with its header overruled where the case file asks for it, and a note that says so."""
    if codes is None:
        return image, ()
    right = with_axis_codes(image, codes)
    kept = np.linalg.det(right.affine_mm[:3, :3]) * np.linalg.det(image.affine_mm[:3, :3]) > 0
    key = "corrected" if kept else "corrected_mirror"
    return right, (say(key, what=what, codes=codes, header=image.axis_codes),)


def _fit_note(ct: Volume, spine: Spine, lie: Orientation) -> str:
    if bodies_alone(lie):
        return say("fit_not_checked")
    fit = check_mask_fits_ct(ct, spine)
    words = {"contrast": f"{fit.contrast_hu:.0f}", "next": f"{fit.next_best_hu:.0f}", "how": fit.next_best}
    return say("fits_mirrored" if fit.mirror_is_open else "fits", **words)


def _read_body(mask: MaskForm, folder: Path, labels: Volume) -> Volume | None:
    form = mask.body
    if form is None:
        return None
    path = folder / form.file
    body, _ = _as_asked(whole_numbers(read_nifti(path, Quantity.LABEL)), mask.orientation, "the body mask")
    if not body.same_grid(labels):
        raise BadGeometry(
            f"The body mask {path.name} does not lie on the grid of the vertebra mask.",
            "the same grid for both",
            "Resample the body mask onto the grid of the vertebra mask, nearest neighbour.",
        )
    numbers = form.numbers or _body_numbers(path, body)
    return replace(body, values=np.isin(body.values, numbers))


def _body_numbers(path: Path, body: Volume) -> list[int]:
    present = [int(n) for n in np.unique(body.values) if n != 0]
    table = read_label_table(path) or {}
    named = [n for n in present if table.get(n, "").lower().replace(" ", "_") in BODY_NAMES]
    if named or len(present) == 1:
        return named or present
    raise BadLabels(
        f"The body mask {path.name} holds the numbers {present} and does not say which are body.",
        "the numbers that are vertebral body",
        "Write `numbers:` in the `body` of the mask, such as [1].",
    )


def _refuse_cut_off(level: Level | None, spine: Spine | Unknown) -> None:
    if level is None or isinstance(spine, Unknown) or not spine[level].is_cut_off:
        return
    raise BadGeometry(
        f"{level}, the level of the case, touches the border of the image: part of it may be missing.",
        "a vertebra that lies wholly in the image",
        "Give an image that holds all of it, or name another level.",
    )


def _read_mri(form: CaseForm, folder: Path, spine: Spine | Unknown) -> Mri | Unknown:
    """The MR series of the case; their own mask is checked as the CT's is."""
    if form.mri is None:
        return Unknown("no MRI was given")
    given: dict[MrSequence, MrSeriesForm] = {
        s: place for s in MrSequence if (place := getattr(form.mri, s.value)) is not None
    }
    _refuse_odd_mri(form.mri, len(given), spine)
    read = {s: read_mr_image(folder / one.file, s, one.series) for s, one in given.items()}
    _refuse_other_patient(form, folder, read)
    images, notes = {}, []
    for sequence, series in read.items():
        image, more = _as_asked(series.image, given[sequence].orientation, f"the {sequence} series")
        images[sequence] = MrImage(image, sequence, series.said_by)
        notes += [*series.notes, *more]
    own, mask_notes = _read_mask(form.mri.mask, folder, Unknown(say("mri.mask_alone")))
    if form.mri.mask is None:
        own = Unknown(say("mri.no_mask"))
    return Mri(
        images, own, form.mri.registered, (*notes, *(say("mri.mask_note", note=n) for n in mask_notes))
    )


def _refuse_odd_mri(form: MriForm, images: int, spine: Spine | Unknown) -> None:
    if not images:
        raise BadCase(
            "The `mri` of the case names no image.",
            "at least one of: stir, t2_fat_suppressed, t2, t1",
            "Name the series, or leave `mri` out.",
        )
    if form.registered and isinstance(spine, Unknown):
        raise BadCase(
            "The `mri` of the case says `registered: true`, and the case has no mask on the CT.",
            "a vertebra mask of the CT, which then lies on the MRI too",
            "Give the `mask` of the CT, or a `mask` of the MRI inside `mri`.",
        )


def _refuse_other_patient(form: CaseForm, folder: Path, read: Mapping[MrSequence, MrSeries]) -> None:
    """Patient IDs that DICOM series carry must be one: images of two patients are never laid together."""
    ids = {f"the {sequence} series": series.patient_id for sequence, series in read.items()}
    if form.ct is not None and is_folder(folder / form.ct.file) and any(ids.values()):
        from vertebro.formats.dicom import patient_of

        ids["the CT"] = patient_of(folder / form.ct.file, form.ct.series)
    known = {what: number for what, number in ids.items() if number}
    if len(set(known.values())) > 1:
        listed = ", ".join(f"{what} {number}" for what, number in known.items())
        raise BadCase(
            f"The images carry different patient numbers: {listed}.",
            "images of one patient",
            "Give the images of one patient; if the numbers are of two hospitals, convert the MRI to NIfTI.",
        )
    frames = {series.frame_of_reference for series in read.values() if series.frame_of_reference}
    if len(frames) > 1:
        raise BadGeometry(
            "The MR series lie in different frames of reference.",
            "series of one visit, taken without moving the patient",
            "Give only the series that belong together.",
        )


def _level(form: CaseForm) -> Level | Unknown:
    return form.level or Unknown("the case file does not name the level")


def _phantom(form: CaseForm) -> Phantom | Unknown:
    if form.phantom is None:
        return Unknown("no phantom was scanned with the patient")
    given = form.phantom
    return Phantom(given.slope_mg_cm3_per_hu, given.intercept_mg_cm3, Quantity(given.kind), given.source)


def _read_tissues(form: CaseForm, folder: Path, ct: Volume | Unknown) -> Volume | Unknown:
    """The tissue mask in the numbers of the calibration; it must lie on the grid of the CT."""
    if form.tissues is None or form.ct is None or isinstance(ct, Unknown):
        return Unknown("no tissue mask was given" if form.tissues is None else "no CT was given to calibrate")
    tissues = whole_numbers(read_nifti(folder / form.tissues.file, Quantity.LABEL))
    tissues, _ = _as_asked(tissues, form.ct.orientation, "the tissue mask")
    if not tissues.same_grid(ct):
        raise BadGeometry(
            f"The tissue mask {form.tissues.file} does not lie on the grid of the CT.",
            "the same grid for both",
            "Resample the tissue mask onto the grid of the CT, nearest neighbour.",
        )
    if form.tissues.scheme == "ogo":
        return tissues
    values = np.zeros(tissues.shape, dtype=np.uint8)
    for number, tissue in TISSUES_OF_TOTALSEGMENTATOR.items():
        values[tissues.values == number] = tissue
    return replace(tissues, values=values)
