"""The load next door on a real lumbar CT (3 mm, no contrast), calibrated by the patient's own tissues."""

from pathlib import Path

import pytest

from vertebro.formats.casefile import read_case
from vertebro.patient.case import Case
from vertebro.simulation.neighbour_results import NeighbourSettings, Treatment
from vertebro.simulation.neighbours import segment_of
from vertebro.simulation.segment import SegmentSettings
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

SETTINGS = NeighbourSettings(SegmentSettings(voxel_mm=2.0))


@pytest.fixture(scope="module")
def case(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder, data = tmp_path_factory.mktemp("lumbar"), shared_data / "ct_lumbar_ts"
    images = f"ct: {data}/example_ct.nii.gz\nmask: {data}/totalseg.nii.gz\n"
    text = f"id: lumbar\ndate: 2026-11-22\nlevel: L3\n{images}"
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return read_case(folder)


def test_a_real_segment_carries_its_load_mostly_by_its_discs(case: Case) -> None:
    found = segment_of(case, Level.L3, SETTINGS).treated(Treatment(wedge_after_deg=0.0))
    assert found.levels == (Level.L2, Level.L3, Level.L4)
    values = {(r.quantity, r.place): r.value for r in found.now}
    for place in ("L2-L3", "L3-L4"):
        pressure = values["pressure", place]
        assert isinstance(pressure, Measured) and 0.25 < pressure.value < 0.8
        assert 1000 < found.model[f"disc_area_mm2 {place}"] < 2200
        assert 6 < found.model[f"disc_height_mm {place}"] < 14
        assert 0 <= found.model[f"joint_share {place}"] < 0.25
    assert any("voxels of up to 3.0 mm" in caution for caution in found.cautions)
