"""Everything about one procedure that other programs open: volumes, surfaces, needles, pictures, a film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vertebro.formats.derivatives import Derivative, plain_word, write_derivatives
from vertebro.formats.markups import NeedleLine, write_markups
from vertebro.formats.surfaces import Body, write_glb, write_stl
from vertebro.formats.writing import writing
from vertebro.kernels.rendering import tube
from vertebro.patient.volume import Volume
from vertebro.report.cement_film import Moment, film
from vertebro.report.cement_picture import FILLED, cement_slices, cement_solid
from vertebro.report.cement_scene import BONE, CAVITY, CEMENT, CementScene, say
from vertebro.report.heat_chart import heat_chart
from vertebro.report.inflation_picture import inflation_picture
from vertebro.report.surfaces3d import level_surface, surface_of
from vertebro.simulation.heating import Heat
from vertebro.simulation.inflation import Inflation
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

GRID_MM = 0.9  # of the bone's surface: printable, and small enough to send
NEEDLE_COLOUR = "#3f9fc4"
SEEN_THROUGH = 0.35  # opacity of the bone in a scene, so that the cement is seen
HALF_SEEN = 0.6  # opacity of the cavity, for cement lies in it


@dataclass(frozen=True)
class InjectionFiles:
    """What is written: the scene at its end, its moments for the film, the heat by law of cure, balloons."""

    subject: str
    scene: CementScene
    moments: Sequence[Moment] = ()
    heat: Mapping[str, Heat] = field(default_factory=dict)
    inflation: Inflation | Unknown = field(default_factory=lambda: Unknown(say("no_cavity")))


def write_cement_files(files: InjectionFiles, folder: Path) -> tuple[Path, ...]:
    """Writes all of it into ``folder``: whole or not at all; gives what was written, within the folder."""
    with writing(folder) as made:
        made.mkdir()
        _volumes(files, made / "volumes")
        write_surfaces(files.scene, made / "surfaces")
        _pictures(files, made / "pictures")
        return tuple(sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file()))


def _volumes(files: InjectionFiles, folder: Path) -> None:
    scene, level = files.scene, plain_word(files.scene.level)
    unit = {"Units": "share of the pore space", "Level": scene.level, "InBoneMillilitres": round(scene.ml, 3)}
    found = [Derivative("cement", f"{level}saturation", "probseg", scene.cement, unit)]
    for law, heat in files.heat.items():
        hottest = Volume(heat.peak_celsius.astype(np.float32), scene.cement.affine_mm, Quantity.CELSIUS)
        about = {"Units": "degree Celsius", "Level": scene.level, "LawOfCure": law}
        found.append(Derivative("heat", f"{level}{plain_word(law)}peak", "map", hottest, about))
    if not isinstance(scene.cavity, Unknown):
        about = {"Units": "1 inside the cavity the balloons made", "Level": scene.level}
        found.append(Derivative("balloon", f"{level}cavity", "mask", scene.cavity, about))
    write_derivatives(files.subject, tuple(found), folder)


def write_surfaces(scene: CementScene, folder: Path) -> None:
    """Bone, cavity, cement and needles: each as STL (LPS mm), all as one GLB, needles as Slicer markups."""
    folder.mkdir(parents=True)
    bodies = bodies_of(scene)
    write_glb(bodies, folder / f"{plain_word(scene.level)}.glb")
    for body in bodies:
        write_stl(body, folder / ("_".join(map(plain_word, body.name.split())) + ".stl"))
    lines = needles_of(scene)
    if lines:
        write_markups(lines, folder / "needles.mrk.json")


def bodies_of(scene: CementScene) -> list[Body]:
    """The vertebra as imaged, the balloons' cavity, the cement and each needle as bodies with names."""
    found = [Body(f"{scene.level} vertebra", surface_of(scene.bone, GRID_MM), BONE, SEEN_THROUGH)]
    if not isinstance(scene.cavity, Unknown):
        cavity = surface_of(scene.cavity, GRID_MM)
        found.append(Body(f"{scene.level} cavity", cavity, CAVITY, HALF_SEEN))
    if scene.cement.values.max() > FILLED:
        found.append(Body(f"{scene.level} cement", level_surface(scene.cement, FILLED), CEMENT))
    for line in needles_of(scene):
        rod = tube(np.asarray(line.entry_mm), np.asarray(line.tip_mm), line.diameter_mm / 2)
        found.append(Body(line.name, rod, NEEDLE_COLOUR))
    return found


def needles_of(scene: CementScene) -> list[NeedleLine]:
    """The needles whose way through the bone is known, from entry to tip."""
    return [
        NeedleLine(f"{scene.level} {needle.name}", needle.entry_mm, needle.tip_mm, needle.outer_mm)
        for needle in scene.needles
        if not isinstance(needle.entry_mm, Unknown)
    ]


def _pictures(files: InjectionFiles, folder: Path) -> None:
    folder.mkdir()
    drawn = [cement_slices(files.scene), cement_solid(files.scene)]
    if files.heat:
        drawn.append(heat_chart(files.scene.level, files.heat))
    for picture in drawn:
        (folder / f"{picture.name}.svg").write_text(picture.svg, encoding="utf-8")
    if not isinstance(files.inflation, Unknown):
        (folder / "inflation.svg").write_text(inflation_picture(files.inflation), encoding="utf-8")
    if files.moments:
        (folder / "filling.gif").write_bytes(film(files.scene, files.moments))
