"""Everything about a simulated procedure in one folder: JSON, volumes, surfaces, pictures, a film."""

from __future__ import annotations

from pathlib import Path

from vertebro.formats.cement_files import InjectionFiles, write_cement_files
from vertebro.formats.document import as_json
from vertebro.formats.simulation_document import simulation_document
from vertebro.formats.writing import set_aside, writing
from vertebro.patient.case import Case
from vertebro.report.cement_of import Seen, cavity_of, drawn, moments_of, scene_of
from vertebro.simulation.injected import Injected
from vertebro.simulation.injection import CementResult
from vertebro.simulation.procedure_run import Simulated
from vertebro.simulation.vertebra_grid import images_of
from vertebro.vocabulary.known import Unknown


def write_simulation(played: Simulated, case: Case, folder: Path) -> tuple[Path, ...]:
    """Writes ``simulation.json`` and the folder ``injection``; gives what was written.

    Where nothing was injected, an earlier run's ``injection`` is moved out of the way: it shows another.
    """
    place = folder / "simulation.json"
    with writing(place) as temporary:
        temporary.write_text(as_json(simulation_document(played)), encoding="utf-8")
    if isinstance(played.injected, Unknown):
        set_aside(folder / "injection")
        return (place,)
    made = write_cement_files(_files(played, played.injected, case), folder / "injection")
    return (place, *(folder / "injection" / path for path in made))


def _files(played: Simulated, result: CementResult, case: Case) -> InjectionFiles:
    ct, spine = images_of(case)
    level = played.level
    injected = Injected.of(result)
    seen = Seen(str(level), ct, spine[level].mask, cavity_of(played.inflation))
    scene = scene_of(injected, seen, drawn(played.needles))
    heat = {} if isinstance(played.heat, Unknown) else played.heat
    return InjectionFiles(case.id, scene, moments_of(injected, result.moments), heat, played.inflation)
