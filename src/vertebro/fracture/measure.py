"""Measure every vertebra of a case: shape, neighbours, posterior wall, canal, density, contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vertebro.fracture.body import Body, NoBody, find_body
from vertebro.fracture.contents import cleft_gas, metal_or_cement
from vertebro.fracture.density import calibration_of, cautions, contrast_of
from vertebro.fracture.endplates import end_plates
from vertebro.fracture.expected import Expected, Heights, expected_heights
from vertebro.fracture.findings import Calibration, Findings, Number, VertebraFindings
from vertebro.fracture.grading import genant, grade_of, height_loss, shape_of_fracture
from vertebro.fracture.landmarks import Canal, Landmarks
from vertebro.fracture.mri import MriReading, located, read_mri
from vertebro.fracture.parts import body_mask, missing_parts
from vertebro.fracture.shape import (
    PARTS,
    BodyShape,
    height_findings,
    is_plausible,
    kyphosis,
    plate_line,
    shape_of,
    wedge_angle,
)
from vertebro.fracture.sharpen import sharpened
from vertebro.fracture.trabecular import context, trabecular
from vertebro.fracture.wall import (
    Wall,
    bulge,
    canal_of,
    endplate_defect,
    expected_wall,
    narrowing,
    wall_places,
    wall_state,
)
from vertebro.patient.case import Case
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import GenantGrade
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level, Region
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="shape").say

NEEDED = {"upper end-plate", "lower end-plate", "anterior wall", "side"}
"""Parts without which neither heights nor angles nor walls can be measured."""

HEAD = np.array([0.0, 0.0, 1.0])
FRONT = np.array([0.0, -1.0, 0.0])
"""Superior and anterior of a patient in LPS: the first guess, bettered on the bone itself."""


@dataclass(frozen=True)
class Measurable:
    """What could be found of each level: its body, its shape, its heights, its canal, or why not."""

    bodies: Mapping[Level, Body | Unknown]
    shapes: Mapping[Level, BodyShape | Unknown]
    heights: Mapping[Level, tuple[Measured, Measured, Measured]]
    expected: Mapping[Level, Expected | Unknown]
    canals: Mapping[Level, Canal | Unknown]

    def loss_pct(self, level: Level) -> float | None:
        """The largest height loss, None where it is not known."""
        expected = self.expected.get(level)
        if not isinstance(expected, Expected):
            return None
        return height_loss(_values(self.heights[level]), expected).value

    @property
    def whole(self) -> list[Level]:
        """Levels that are measured and not broken by their height, or by their look where that is unknown."""
        losses = {level: self.loss_pct(level) for level in self.heights}
        return [n for n, loss in losses.items() if loss is not None and grade_of(loss) is GenantGrade.NORMAL]

    @property
    def broken(self) -> list[Level]:
        """Levels that have lost height by at least Genant's mild limit; unknown is not broken."""
        known = [n for n in self.heights if self.loss_pct(n) is not None]
        return [n for n in known if n not in self.whole]

    def shape(self, level: Level | None) -> BodyShape | None:
        """The shape of a level that was measured, else None."""
        found = None if level is None else self.shapes.get(level)
        return found if isinstance(found, BodyShape) else None


def measure(case: Case) -> Findings:
    """All findings of a case; whatever cannot be measured is Unknown with the reason."""
    calibration, contrast = calibration_of(case), contrast_of(case)
    if isinstance(case.spine, Unknown):
        return Findings({}, calibration, contrast, (case.spine.why,))
    ct = case.ct if isinstance(case.ct, Volume) else None
    seen = measurable(case.spine, ct)
    found = {x.level: _findings(case, x, seen, calibration) for x in case.spine}
    mri = _on_mri(case, seen, found)
    found = {level: mri.added_to(one) for level, one in found.items()}
    said = (*_cautions(seen), *mri.cautions)
    said += cautions(calibration, contrast, tuple(seen.broken)) if ct else ()
    marks = {level: _landmarks(case.spine, seen, level) for level in seen.heights}
    whole = [found[level] for level in seen.whole]
    beside = (context(x.level, x.trabecular_hu, x.trabecular_density, contrast) for x in whole)
    context_said = tuple(s for each in beside for s in each)
    return Findings(found, calibration, contrast, said, marks, context_said, mri.findings)


def _on_mri(case: Case, seen: Measurable, found: Mapping[Level, VertebraFindings]) -> MriReading:
    """What the MRI adds. A mask drawn on it is measured like the CT's, but without grey values."""
    if isinstance(case.mri, Unknown):
        return MriReading(case.mri, {})
    own = measurable(case.mri.spine, None) if isinstance(case.mri.spine, Spine) else None
    return read_mri(case, located(case, seen, own), found)


class _Remembered:
    """The last spine looked at: several stages of one assessment ask for the same."""

    spine: Spine | None = None
    ct: Volume | None = None
    found: Measurable | None = None


def measurable(spine: Spine, ct: Volume | None) -> Measurable:
    """Find the bodies, fit their end-plates, and judge each against the others."""
    last = _Remembered
    if last.found is None or last.spine is not spine or last.ct is not ct:
        last.spine, last.ct, last.found = spine, ct, _measurable(spine, ct)
    return last.found


def _measurable(spine: Spine, ct: Volume | None) -> Measurable:
    bodies = {x.level: body_in(spine, x) for x in spine}
    shapes = {level: _shape(spine, body, level, ct) for level, body in bodies.items()}
    heights = {n: height_findings(s) for n, s in shapes.items() if isinstance(s, BodyShape)}
    expected = expected_heights({n: _values(h) for n, h in heights.items()})
    canals = {level: _canal(spine, shapes, level) for level in shapes}
    return Measurable(bodies, shapes, heights, expected, canals)


def _canal(spine: Spine, shapes: Mapping[Level, BodyShape | Unknown], level: Level) -> Canal | Unknown:
    own = shapes[level]
    if isinstance(own, Unknown):
        return own
    near = [shapes[n] if n else None for n in _near(spine, level)]
    above, below = (n if isinstance(n, BodyShape) else None for n in near)
    return canal_of(own, above, below)


def _values(heights: tuple[Measured, Measured, Measured]) -> Heights:
    return Heights(np.array([h.value for h in heights]), np.array([h.spread for h in heights]))


def body_in(spine: Spine, vertebra: Vertebra) -> Body | Unknown:
    """The body of one vertebra, its first directions taken from its neighbours, or why there is none."""
    if vertebra.level.region is Region.SACRAL:
        return Unknown(say("unknown.sacrum"))
    near = [n for n in (spine.above(vertebra.level), vertebra, spine.below(vertebra.level)) if n is not None]
    step = near[0].centre_mm - near[-1].centre_mm
    superior = HEAD if len(near) == 1 else step / np.linalg.norm(step)
    try:
        body = find_body(vertebra, superior, FRONT)
    except NoBody as fault:
        return Unknown(say("unknown.no_body", level=vertebra.level, why=fault))
    return replace(body, missing=missing_parts(vertebra, body))


def _shape(spine: Spine, body: Body | Unknown, level: Level, ct: Volume | None) -> BodyShape | Unknown:
    if isinstance(body, Unknown):
        return body
    lost = sorted(body.missing & NEEDED)
    if lost:
        return Unknown(say("unknown.cut", level=level, parts=_parts(lost)))
    others = [n for n in (spine.above(level), spine.below(level)) if n is not None]
    try:
        body = body if ct is None else sharpened(body, ct)
        shape = shape_of(body, *end_plates(body, ct, others))
    except NoBody as fault:
        return Unknown(say("unknown.no_body", level=level, why=fault))
    return shape if is_plausible(shape) else Unknown(say("unknown.form", level=level))


def _parts(lost: list[str]) -> str:
    plural = len(lost) > 1 or lost[0].endswith("s")
    return f"{' and '.join(lost)} {'are' if plural else 'is'}"


def _findings(
    case: Case, vertebra: Vertebra, seen: Measurable, calibration: Calibration | Unknown
) -> VertebraFindings:
    values: dict[str, Any] = {
        **_own_shape(vertebra.level, seen),
        **_against_neighbours(vertebra.level, seen),
        **_angles(case.spine, vertebra.level, seen),
        **_walls(case.spine, vertebra.level, seen),
        **_grey_values(case, vertebra, seen, calibration),
    }
    return VertebraFindings(level=vertebra.level, **values)


def _own_shape(level: Level, seen: Measurable) -> dict[str, Number]:
    shape = seen.shapes[level]
    names = [f"{part}_height" for part in PARTS]
    if isinstance(shape, Unknown):
        return dict.fromkeys([*names, "wedge_angle", "endplate_defect"], shape)
    heights = dict(zip(names, seen.heights[level], strict=True))
    return {**heights, "wedge_angle": wedge_angle(shape), "endplate_defect": endplate_defect(shape)}


def _against_neighbours(level: Level, seen: Measurable) -> dict[str, Any]:
    names = [f"expected_{part}_height" for part in PARTS]
    shape = seen.shapes[level]
    expected = shape if isinstance(shape, Unknown) else seen.expected[level]
    if isinstance(expected, Unknown):
        return dict.fromkeys([*names, "height_loss", "genant", "shape"], expected)
    method = say("method.expected", references=", ".join(map(str, expected.references)), level=level)
    pairs = zip(expected.value_mm, expected.spread_mm, strict=True)
    found = [Measured(float(h), "mm", method, float(s)) for h, s in pairs]
    heights = _values(seen.heights[level])
    loss = height_loss(heights, expected)
    return {
        **dict(zip(names, found, strict=True)),
        "height_loss": loss,
        "genant": genant(loss),
        "shape": shape_of_fracture(heights, expected),
    }


def _angles(spine: object, level: Level, seen: Measurable) -> dict[str, Number]:
    assert isinstance(spine, Spine)
    own = seen.shapes[level]
    if isinstance(own, Unknown):
        return {"segmental_kyphosis": own, "local_kyphosis": own}
    over, under = _near(spine, level)
    above, below = seen.shape(over), seen.shape(under)
    no_above, no_below = (
        Unknown(say("unknown.above", level=level)),
        Unknown(say("unknown.below", level=level)),
    )
    if above is None:
        return {"segmental_kyphosis": no_above, "local_kyphosis": no_above}
    segmental = kyphosis(above, own, say("angle.segmental", above=over, level=level))
    if below is None:
        return {"segmental_kyphosis": segmental, "local_kyphosis": no_below}
    local = kyphosis(above, below, say("angle.local", above=over, below=under))
    return {"segmental_kyphosis": segmental, "local_kyphosis": local}


def _near(spine: Spine, level: Level) -> tuple[Level | None, Level | None]:
    over, under = spine.above(level), spine.below(level)
    return over.level if over else None, under.level if under else None


def _wall(spine: Spine, level: Level, seen: Measurable) -> Wall:
    """The posterior wall and where it should be; broken neighbours tell nothing about that."""
    shape = seen.shape(level)
    assert shape is not None
    whole = seen.whole
    above, below = (seen.shape(n) if n in whole else None for n in _near(spine, level))
    near = [seen.shape(n) for n in whole if n is not level and abs(n.order - level.order) <= 2]
    return expected_wall(shape, above, below, [s for s in near if s])


def _walls(spine: object, level: Level, seen: Measurable) -> dict[str, Any]:
    assert isinstance(spine, Spine)
    shape = seen.shapes[level]
    if isinstance(shape, Unknown):
        return dict.fromkeys(["posterior_wall_bulge", "posterior_wall", "canal_narrowing"], shape)
    behind = bulge(shape, _wall(spine, level, seen))
    whole = [n for n in seen.whole if n is not level]
    return {
        "posterior_wall_bulge": behind,
        "posterior_wall": wall_state(behind),
        "canal_narrowing": narrowing(level, seen.canals, whole, shape.body.voxel_mm[1]),
    }


def _grey_values(
    case: Case, vertebra: Vertebra, seen: Measurable, calibration: Calibration | Unknown
) -> dict[str, Any]:
    names = ["cleft_gas_volume", "trabecular_hu", "trabecular_density", "metal_or_cement"]
    if isinstance(case.ct, Unknown):
        return dict.fromkeys(names, Unknown(say("unknown.no_ct", why=case.ct.why)))
    metal = metal_or_cement(case.ct, vertebra.mask)
    body = seen.bodies[vertebra.level]
    if isinstance(body, Unknown):
        return {**dict.fromkeys(names, body), "metal_or_cement": metal}
    mask = body_mask(vertebra, body)
    read = trabecular(case.ct, mask, body.frame, calibration, vertebra.level in seen.broken)
    return {
        "cleft_gas_volume": cleft_gas(case.ct, mask, body.frame),
        "trabecular_hu": read.hu,
        "trabecular_density": read.density,
        "metal_or_cement": metal,
    }


def _landmarks(spine: Spine, seen: Measurable, level: Level) -> Landmarks:
    shape = seen.shape(level)
    assert shape is not None
    body, wall = shape.body, _wall(spine, level, seen)
    heights, places = wall_places(shape)
    nothing = np.zeros_like(heights)
    middle = float(body.anterior_wall(0.0) + body.posterior_wall(0.0)) / 2
    sides = np.array([[side * body.width_mm / 2, middle, 0.0] for side in (1, -1)])
    world = body.frame.world_mm
    return Landmarks(
        level=level,
        frame=body.frame,
        upper=plate_line(shape, upper=True),
        lower=plate_line(shape, upper=False),
        anterior_wall_mm=world(_anterior_wall(shape)),
        posterior_wall_mm=world(np.stack([nothing, places, heights], axis=-1)[::-1]),
        right_mm=world(sides[0]),
        left_mm=world(sides[1]),
        canal=seen.canals[level],
        expected_posterior_wall_mm=world(np.stack([nothing, wall.expected_mm, heights], axis=-1)[::-1]),
    )


def _anterior_wall(shape: BodyShape) -> np.ndarray[Any, Any]:
    body = shape.body
    high, low = shape.upper_corners.superior_mm[0], shape.lower_corners.superior_mm[0]
    heights = np.linspace(high, low, 21)
    known = np.isfinite(body.anterior_profile_mm)
    places = np.interp(heights, body.superior_mm[known], body.anterior_profile_mm[known])
    return np.stack([np.zeros_like(heights), places, heights], axis=-1)


def _cautions(seen: Measurable) -> tuple[str, ...]:
    said = []
    for level, body in seen.bodies.items():
        if isinstance(body, Unknown):
            said.append(say("caution.unmeasured", level=level, why=body.why))
        elif body.missing:
            said.append(say("caution.cut", level=level, parts=_parts(sorted(body.missing))))
    alone: dict[str, list[str]] = {}
    for level, shape in seen.shapes.items():
        if isinstance(shape, BodyShape) and not shape.upper.from_ct:
            alone.setdefault(shape.upper.why_not, []).append(str(level))
    said += [say("caution.mask_only", levels=", ".join(names), why=why) for why, names in alone.items()]
    return tuple(said)
