"""Everything about a simulated vertebroplasty in one folder: JSON, volumes, surfaces, pictures, a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vertebro.formats.cement_files import InjectionFiles, write_cement_files
from vertebro.formats.document import as_json
from vertebro.formats.simulation_document import simulation_document
from vertebro.formats.writing import writing
from vertebro.patient.case import Case
from vertebro.report.cement_film import Moment
from vertebro.report.cement_of import Seen, scene_of
from vertebro.report.cement_scene import DrawnNeedle
from vertebro.simulation.heating import HeatSettings
from vertebro.simulation.injected import Injected, heat_of
from vertebro.simulation.vertebra_grid import images_of
from vertebro.simulation.vertebroplasty_run import Played
from vertebro.vocabulary.known import Unknown


def write_simulation(played: Played, case: Case, folder: Path) -> tuple[Path, ...]:
    """Writes ``simulation.json`` and the folder ``injection``; gives what was written."""
    place = folder / "simulation.json"
    with writing(place) as temporary:
        temporary.write_text(as_json(simulation_document(played)), encoding="utf-8")
    if not played.result.injected_ml:
        return (place,)
    made = write_cement_files(_files(played, case), folder / "injection")
    return (place, *(folder / "injection" / path for path in made))


def _files(played: Played, case: Case) -> InjectionFiles:
    result, bone = played.result, played.result.bone
    last = tuple(float(ml) for ml in result.course.leak_ml[:, -1])
    injected = Injected(bone.grid, bone.porosity, result.cement_share, result.outlets, last)
    ct, spine = images_of(case)
    seen = Seen(str(played.wanted.level), ct, spine[played.wanted.level].mask)
    scene = scene_of(injected, seen, [_drawn(played, n) for n in range(len(played.needles))])
    moments = tuple(
        Moment(m.share, m.injected_ml - sum(m.leak_ml), m.leak_ml, m.time_s) for m in result.moments
    )
    ended = played.wanted.settings.start_min + float(result.course.time_s[-1]) / 60
    heat = heat_of(injected, HeatSettings(minutes_since_mixing=ended))
    return InjectionFiles(case.id, scene, moments, {} if isinstance(heat, Unknown) else heat)


def _drawn(played: Played, number: int) -> DrawnNeedle:
    needle = played.needles[number]
    entry = Unknown("only its tip was given") if needle.entry_mm is None else np.asarray(needle.entry_mm)
    return DrawnNeedle(needle.name, np.asarray(needle.tip_mm), needle.outer_mm, entry)
