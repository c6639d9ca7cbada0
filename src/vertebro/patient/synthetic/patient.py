"""A whole synthetic patient: CT, mask, tissue samples, STIR and the truth, from one spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from vertebro.kernels.arrays import AnyArray
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic.bone import Bone, bones_of, paint_bone, paint_ribs, solids_on
from vertebro.patient.synthetic.canal import paint_canal, paint_discs
from vertebro.patient.synthetic.canvas import Canvas, Grid
from vertebro.patient.synthetic.column import column_of
from vertebro.patient.synthetic.scanner import add_noise, blur, grid_of
from vertebro.patient.synthetic.spec import SyntheticSpec, v
from vertebro.patient.synthetic.trunk import Surroundings, paint_trunk, sample_tissues
from vertebro.patient.synthetic.truth import Truth, truth_of
from vertebro.patient.synthetic.verse import VERSE_LEVELS, verse_number
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.own_yaml import own_yaml

DAY = date(2026, 3, 2)
"""The day of the synthetic record; any day serves."""

RECORD = Path(__file__).with_name("record.yaml")
"""Her record, as a case file holds it."""


@dataclass(frozen=True)
class SyntheticPatient:
    """A patient who never lived: her images in one frame, and what is true of her."""

    ct: Volume
    labels: Volume
    tissues: Volume
    stir: Volume
    truth: Truth
    spec: SyntheticSpec

    def spine(self) -> Spine:
        """Her vertebrae, cut out of the mask."""
        return Spine.from_labels(self.labels, VERSE_LEVELS, "the synthetic patient (VerSe numbers)")

    def case(self, on: date = DAY, **facts: Any) -> Case:
        """Her case with the synthetic record; ``facts`` replace or add to it, None takes one out."""
        invented = own_yaml(RECORD)
        written = {name: value for name, value in {**invented, **facts}.items() if value is not None}
        record = ClinicalRecord.of(on, "invented for the synthetic patient", **written)
        broken = [f.level for f in self.spec.fractures]
        level = broken[0] if len(broken) == 1 else Unknown("the synthetic patient has not one fracture")
        return Case(
            id=f"synthetic-{self.spec.seed}",
            on=on,
            record=record,
            level=level,
            ct=self.ct,
            spine=self.spine(),
            tissues=self.tissues,
            notes=("A synthetic patient: images and record are invented.",),
        )


@dataclass
class _Images:
    hu: AnyArray
    stir: AnyArray
    labels: AnyArray
    tissues: AnyArray


def synthetic_patient(spec: SyntheticSpec) -> SyntheticPatient:
    """Build the patient of a spec. The same spec gives the same bytes."""
    column = column_of(spec)
    bones = bones_of(spec, column)
    around = Surroundings(spec, column.levels, column.path_mm)
    grid = grid_of(spec, list(bones.values()))
    images = _Images(*(np.zeros(grid.shape, kind) for kind in (np.float32, np.float32, np.uint8, np.uint8)))
    for planes in grid.slabs():
        _build_slab(images, Canvas(grid, planes), around, bones)
    blur(images.hu, np.array(spec.spacing_mm), spec.scanner)
    add_noise(images.hu, spec.scanner.noise_hu, [spec.seed, 3])
    add_noise(images.stir, v.scanner.value["stir_noise"], [spec.seed, 4])
    np.maximum(images.stir, 0, out=images.stir)
    np.maximum(images.hu, np.float32(-1024), out=images.hu)  # the least a CT stores
    truth = truth_of(spec, column, bones)
    ct = _volume(images.hu, grid, Quantity.HOUNSFIELD, spec)
    stir = _volume(images.stir, grid, Quantity.MR_SIGNAL, spec)
    labels = _volume(images.labels, grid, Quantity.LABEL, spec)
    tissues = _volume(images.tissues, grid, Quantity.LABEL, spec)
    return SyntheticPatient(ct, labels, tissues, stir, truth, spec)


def _build_slab(images: _Images, canvas: Canvas, around: Surroundings, bones: Mapping[Level, Bone]) -> None:
    first, last = canvas.planes
    paint_trunk(canvas, around)
    paint_canal(canvas, bones)
    paint_discs(canvas, bones)
    labels = images.labels[first:last]
    solids = solids_on(canvas.tile, bones)
    paint_ribs(canvas, solids)
    for solid in solids:
        box, filled = canvas.averaged_tile(*paint_bone(canvas, solid, around.spec))
        labels[box][filled > 0.5] = verse_number(solid.bone.level)
    images.hu[first:last] = canvas.averaged(canvas.hu)
    images.stir[first:last] = canvas.averaged(canvas.stir)
    images.tissues[first:last] = sample_tissues(canvas, around, bones)


def _volume(values: AnyArray, grid: Grid, quantity: Quantity, spec: SyntheticSpec) -> Volume:
    volume = Volume(values, grid.affine_mm, quantity).oriented(spec.axis_codes)
    return Volume(np.ascontiguousarray(volume.values), volume.affine_mm, quantity)
