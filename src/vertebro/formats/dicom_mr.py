"""DICOM MR series: chosen by what a person calls it and what its header says, never by its grey values."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence as Items

from vertebro.errors import BadFile, BadGeometry
from vertebro.formats.dicom import (
    Folder,
    Image,
    SeriesSummary,
    looked_through,
    named_series,
    notes_about,
    series_table,
    values_of,
)
from vertebro.formats.dicom_header import DAMAGED
from vertebro.formats.geometry_gate import checked_stack, v
from vertebro.formats.mr_series import MrSeries, say
from vertebro.formats.plausible import check_voxel_size
from vertebro.formats.refusals import refusal
from vertebro.patient.mri import MrSequence
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

TAGS = (
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "SequenceName",
    "PulseSequenceName",
    "SeriesDescription",
    "ProtocolName",
    "EchoTime",
    "EffectiveEchoTime",
    "RepetitionTime",
    "InversionTime",
    "InversionTimes",
    "InversionRecovery",
    "SpectrallySelectedSuppression",
)
FAT_OPTIONS = {"FS", "FAT_SAT", "FATSAT", "FSS"}
FAT_WORDS = ("STIR", "TIRM", "FATSAT", "FAT SAT", "FS ", "_FS", "SPAIR", "SPIR", "DIXON")


@dataclass(frozen=True)
class MrHeader:
    """What a header says about the sequence; None and empty: not said. Times in ms."""

    inversion_ms: float | None
    echo_ms: float | None
    repetition_ms: float | None
    is_inversion: bool
    is_fat_suppressed: bool
    words: str

    def speaks_of(self) -> MrSequence | None:
        """The sequence the header clearly speaks of, or None where it leaves it open."""
        ti, te = self.inversion_ms, self.echo_ms
        if ti is not None and ti > 0:
            # the inversion time that darkens fat is short; a long one darkens fluid, or serves T1
            return MrSequence.STIR if ti <= 1000 * v.mr_fat_inversion.number else None
        if te is None or self.is_inversion:
            return None
        if te <= 1000 * v.mr_short_echo.number:
            repeated = self.repetition_ms
            short = repeated is not None and repeated <= 1000 * v.mr_short_repetition.number
            return MrSequence.T1 if short else None
        if te < 1000 * v.mr_long_echo.number:
            return None
        return MrSequence.T2_FAT_SUPPRESSED if self.is_fat_suppressed else MrSequence.T2

    def contradicts(self, asked: MrSequence) -> bool:
        """True where the header clearly speaks of another sequence than a person does."""
        own = self.speaks_of()
        if own is None or own is asked:
            return False
        if {own, asked} == {MrSequence.T2, MrSequence.T2_FAT_SUPPRESSED}:
            return own is MrSequence.T2_FAT_SUPPRESSED  # headers often forget to say that fat was suppressed
        return True


def read_mr_series(folder: Path, asked: MrSequence, series: str | None) -> MrSeries:
    """One MR series of a folder, checked like a CT's, with the sequence that person and header agree on."""
    found = looked_through(folder)
    summary, images = _chosen(found, asked, series)
    where = f"Series {summary.number} ({summary.description})"
    stack = checked_stack([i.header for i in images], modality="MR")
    header = mr_header(images[0].path)
    if header.contradicts(asked):
        spoken = f"{header.speaks_of()} ({header.words})"
        raise refusal(BadGeometry, "mr.sequence", where=where, asked=asked, header=spoken)
    check_voxel_size(stack.affine_mm, where)
    volume = Volume(values_of(stack, images), stack.affine_mm, Quantity.MR_SIGNAL)
    agreed = header.speaks_of() is asked
    said_by = say("mri.user_and_header", header=header.words) if agreed else say("mri.user")
    first = images[0].header
    notes = (*notes_about(found, summary, images), *stack.notes)
    return MrSeries(volume, said_by, first.patient_id, first.frame_of_reference, notes)


def mr_header(path: Path) -> MrHeader:
    """What the header of one MR image says about its sequence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd values; what matters is read below
            ds = dcmread(path, stop_before_pixels=True, force=True)
        said = {tag: _first(ds, tag) for tag in TAGS}
        times = [_number(said[tag]) for tag in ("InversionTime", "EchoTime", "RepetitionTime")]
    except DAMAGED as fault:
        why = (str(fault).strip() or type(fault).__name__).splitlines()[0]
        raise refusal(BadFile, "dicom.header", slice=path, why=why) from fault
    times[0] = _number(said["InversionTimes"]) if times[0] is None else times[0]
    times[1] = _number(said["EffectiveEchoTime"]) if times[1] is None else times[1]
    kinds = _words(said["ScanningSequence"])
    name = " ".join(str(said[tag] or "") for tag in ("SeriesDescription", "ProtocolName", "SequenceName"))
    suppressed = (
        bool(set(_words(said["ScanOptions"])) & FAT_OPTIONS)
        or str(said["SpectrallySelectedSuppression"] or "").upper() == "FAT"
        or any(word in f"{name.upper()} " for word in FAT_WORDS)
    )
    inversion = "IR" in kinds or str(said["InversionRecovery"] or "").upper() == "YES"
    return MrHeader(times[0], times[1], times[2], inversion, suppressed, _in_words(said, times))


def _chosen(found: Folder, asked: MrSequence, series: str | None) -> tuple[SeriesSummary, tuple[Image, ...]]:
    if series is not None:
        return named_series(found, series.strip())
    volumes = [s for s in found.series if s[0].is_mr_volume]
    if len(volumes) == 1:
        return volumes[0]
    fitting = [s for s in volumes if mr_header(s[1][0].path).speaks_of() is asked]
    if len(fitting) == 1:
        return fitting[0]
    if volumes:
        raise refusal(BadFile, "mr.choose", path=found.path, asked=asked, table=series_table(volumes))
    if len(found.series) == 1:
        return found.series[0]  # the gate says why it is not an MR volume
    table = series_table(found.series)
    raise refusal(BadFile, "mr.no_usable", path=found.path, table=table, fewest=v.fewest_slices.value)


def _first(ds: Dataset, keyword: str) -> Any:
    """The first value of an element, at the top or in any group of an enhanced image."""
    value = ds.get(keyword)
    if value is not None and value != "":
        return value
    for element in ds:
        if isinstance(element.value, Items) and len(element.value):
            found = _first(element.value[0], keyword)
            if found is not None:
                return found
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, Iterable) and not isinstance(value, str):
        listed = list(value)
        value = listed[0] if listed else None
    return None if value is None or value == "" else float(value)


def _words(value: Any) -> Sequence[str]:
    if value is None:
        return ()
    return [str(value).upper()] if isinstance(value, str) else [str(one).upper() for one in value]


def _in_words(said: dict[str, Any], times: list[float | None]) -> str:
    parts = ["/".join(_words(said["ScanningSequence"])), str(said["SequenceName"] or "")]
    parts += [
        f"{name} {ms:g} ms" for name, ms in zip(("TI", "TE", "TR"), times, strict=True) if ms is not None
    ]
    return ", ".join(part for part in parts if part) or "nothing about the sequence"
