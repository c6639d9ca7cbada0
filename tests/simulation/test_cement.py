"""One injection: balance, symmetry, every way it can end, gaps and veins; the volume-leak curve."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shell_phantom import shell_phantom
from vertebro.errors import BadCase
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.simulation.cement import inject, is_in_body, place_of
from vertebro.simulation.cement_model import CementModel, Prepared, gaps_on_ct, prepared
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings, Stop, _spread
from vertebro.simulation.leak_risk import Question, counted, leak_risk, misplaced
from vertebro.simulation.leakage import Place, Route
from vertebro.simulation.permeability import random_field, v
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Draw, Sampling
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

QUICK = InjectionSettings(local_shear=False, threads=1)
LOW = cement_named("low")


def model_of(hole_mm: float = 0.0, where: str = "side", edge_mm: float = 2.0) -> CementModel:
    given = shell_phantom(hole_mm, where, voxel_mm=1.2)
    gas = Volume(np.zeros(given.bone.shape, dtype=bool), given.bone.affine_mm, given.bone.quantity)
    return Prepared(Level.L1, given, gas, gaps_on_ct(given), ()).on(edge_mm)


@pytest.fixture(scope="module")
def whole() -> CementModel:
    return model_of()


@pytest.fixture(scope="module")
def holed() -> CementModel:
    return model_of(6.0)


def needle(model: CementModel, right: float, anterior: float = 3.0, superior: float = 0.0) -> InjectionNeedle:
    tip = model.bone.grid.frame.world_mm(np.array([right, anterior, superior]))
    return InjectionNeedle(f"{right:g}", tip, 2.388, 3.048)


def both(model: CementModel) -> tuple[InjectionNeedle, ...]:
    return needle(model, 8.0), needle(model, -8.0)


@pytest.fixture(scope="module")
def done(whole: CementModel) -> CementResult:
    return inject(whole.bone, whole.outlets, both(whole), LOW, 4.0, QUICK)


def test_all_cement_is_in_the_bone_or_has_left_it(done: CementResult) -> None:
    assert done.stopped is Stop.VOLUME and done.injected_ml == pytest.approx(4.0)
    assert abs(done.imbalance) < 1e-9
    held = (done.cement_share * done.bone.porosity).sum() * done.bone.grid.edge_mm**3 / 1000
    assert held == pytest.approx(done.in_bone_ml, rel=1e-9)
    assert sum(done.by_route.values()) == pytest.approx(done.leaked_ml)
    assert sum(done.by_place.values()) == pytest.approx(done.leaked_ml)


def test_the_filling_is_kept_at_the_very_volumes_asked_for(whole: CementModel, done: CementResult) -> None:
    settings = replace(QUICK, keep_moments=True, also_at_ml=(1.1, 2.0, 3.99))
    looked = inject(whole.bone, whole.outlets, both(whole), LOW, 4.0, settings)
    kept = {round(m.injected_ml, 6): m for m in looked.moments}
    assert {0.25, 1.0, 1.1, 1.25, 2.0, 3.99, 4.0} <= set(kept) and len(kept) == 18
    inside = float((np.asarray(kept[1.1].share) * whole.bone.porosity).sum()) * whole.bone.grid.edge_mm**3
    assert inside / 1000 + sum(kept[1.1].leak_ml) == pytest.approx(1.1, rel=1e-3)
    assert looked.spread.right_of_middle == pytest.approx(0.5, abs=0.03)  # the needles' turns stay the same
    assert np.abs(looked.saturation - done.saturation).mean() < 0.005


def test_two_needles_fill_both_sides_alike(done: CementResult) -> None:
    assert done.spread.right_of_middle == pytest.approx(0.5, abs=0.03)
    assert 0 < done.spread.of_body_pores < 1 and (done.spread.reach_mm > 5).all()


def test_a_plate_is_met_at_its_own_height_only(whole: CementModel) -> None:
    waisted = whole.bone.grid
    local = waisted.local_mm(np.moveaxis(np.indices(waisted.shape), 0, -1))
    width = np.where(np.abs(local[..., 2]) < 5, 12.0, 18.0)  # a step in the side walls, as at a waist
    body = (np.abs(local[..., 0]) < width) & (np.abs(local[..., 1]) < 12) & (np.abs(local[..., 2]) < 10)
    grid = replace(waisted, body=body, bone=body)
    bone = replace(whole.bone, grid=grid, porosity=np.where(body, 0.9, 0.0))
    met = {}
    for at in (0.0, 9.0, -9.0):
        share = (np.abs(local - [0.0, 0.0, at]) < 4).all(axis=-1).astype(float)
        spread = _spread(bone, share)
        met[at] = (spread.meets_upper_plate, spread.meets_lower_plate)
        assert spread.right_of_middle == pytest.approx(0.5, abs=1e-9)
    assert met == {0.0: (False, False), 9.0: (True, False), -9.0: (False, True)}
    wall = (np.abs(local - [14.0, 0.0, 6.0]) < [6, 4, 2.5]).all(axis=-1).astype(float)
    assert not _spread(bone, wall).meets_lower_plate


def test_a_tip_in_a_pedicle_is_not_in_the_body(small_patient: SyntheticPatient) -> None:
    model = prepared(small_patient.case(), Level.L1).on(2.0)
    frame, middle = model.bone.grid.frame, model.box.middle_mm
    in_pedicle, in_body = (frame.world_mm(middle + at) for at in ([18.0, -25.0, 0.0], [6.0, 0.0, 0.0]))
    assert place_of(model.bone, in_pedicle) is None and not is_in_body(model.bone, in_pedicle)
    assert is_in_body(model.bone, in_body) and not is_in_body(model.bone, frame.world_mm(np.full(3, 1e30)))


def test_cement_stays_within_its_bounds_and_pressures_are_told_apart(done: CementResult) -> None:
    assert done.saturation.min() >= 0 and done.saturation.max() <= 1
    assert (done.course.hub_mpa * 1000 > done.course.bone_kpa).all()
    assert (np.diff(done.course.leak_ml, axis=1) >= -1e-12).all()


def test_a_gap_near_the_tip_leaks_and_a_whole_shell_does_not(whole: CementModel, holed: CementModel) -> None:
    results = []
    for model in (whole, holed):
        at = needle(model, 12.0)
        results.append(inject(model.bone, model.outlets, [at], LOW, 3.0, QUICK))
    closed, broken = results
    assert closed.by_place[Place.SOFT_TISSUE] == 0 and "C" not in closed.yeom
    assert broken.by_place[Place.SOFT_TISSUE] > 0.1 and "C" in broken.yeom
    assert broken.by_route[Route.CORTEX] == broken.by_place[Place.SOFT_TISSUE]


def test_only_veins_lead_to_the_lung(holed: CementModel) -> None:
    result = inject(holed.bone, holed.outlets, [needle(holed, 12.0)], LOW, 3.0, QUICK)
    veins = result.by_route[Route.BASIVERTEBRAL] + result.by_route[Route.SEGMENTAL]
    assert result.in_veins_ml == pytest.approx(veins) and veins < result.leaked_ml


def test_a_gap_lies_where_it_was_found_on_a_grid_of_any_size() -> None:
    for edge_mm in (1.0, 2.0):
        (gap,) = [o for o in model_of(6.0, edge_mm=edge_mm).outlets if o.to is Place.SOFT_TISSUE]
        assert np.abs(gap.places_mm.mean(axis=0) - [19, 0, 0]).max() < 2


def test_a_gap_of_the_end_plate_leads_to_the_disc() -> None:
    model = model_of(6.0, "upper")
    assert [o.to for o in model.outlets if not o.route.is_vein] == [Place.DISC]
    result = inject(model.bone, model.outlets, [needle(model, 0.0, 0.0, 6.0)], LOW, 3.0, QUICK)
    assert "D" in result.yeom and result.by_place[Place.DISC] > 0.1


def test_every_end_is_said_in_words(whole: CementModel) -> None:
    far = replace(needle(whole, 8.0), tip_mm=np.array([200.0, 0, 0]))
    cases = {
        Stop.NOT_IN_BONE: ([far], whole.outlets, 4.0, QUICK),
        Stop.NO_ROOM: (both(whole), whole.outlets, 50.0, QUICK),
        Stop.NO_WAY_OUT: (both(whole), (), 4.0, QUICK),
        Stop.PRESSURE: (both(whole), whole.outlets, 4.0, replace(QUICK, most_mpa=0.005)),
        Stop.SET: (both(whole), whole.outlets, 4.0, replace(QUICK, start_min=16.0)),
    }
    for stop, (needles, outlets, ml, settings) in cases.items():
        result = inject(whole.bone, outlets, needles, LOW, ml, settings)
        assert result.stopped is stop and result.why and result.injected_ml < ml
        assert stop.began == (result.injected_ml > 0) or stop in (Stop.SET, Stop.PRESSURE)
        assert (result.injected_ml == 0) == result.why.startswith("nothing was injected")


def test_no_cement_passes_a_cannula_that_takes_more_than_the_limit(whole: CementModel) -> None:
    result = inject(whole.bone, whole.outlets, both(whole), LOW, 1.0, replace(QUICK, rate_ml_min=1e9))
    assert result.stopped is Stop.PRESSURE and result.injected_ml == 0 and "cannula alone" in result.why


@pytest.mark.parametrize("ml", [-0.1, float("nan"), float("inf")])
def test_a_leak_that_is_no_volume_is_refused(ml: float) -> None:
    with pytest.raises(BadCase, match="0 or more"):
        replace(QUICK, stop_leak_ml=ml)


def test_it_ends_at_the_leak_that_is_allowed(holed: CementModel) -> None:
    settings = replace(QUICK, stop_leak_ml=0.05)
    result = inject(holed.bone, holed.outlets, [needle(holed, 12.0)], LOW, 4.0, settings)
    assert result.stopped is Stop.LEAK and result.leaked_ml > 0.05 and result.injected_ml < 4


def test_cement_that_sets_on_the_way_ends_it(whole: CementModel) -> None:
    slow = replace(QUICK, rate_ml_min=0.4, start_min=9.0)
    result = inject(whole.bone, whole.outlets, both(whole), LOW, 4.0, slow)
    assert result.stopped is Stop.SET and 0 < result.injected_ml < 4


def test_a_tip_in_the_canal_of_a_patient_is_told(small_patient: SyntheticPatient) -> None:
    ready = prepared(small_patient.case(), Level.L1)
    model = ready.on(2.0)
    box, frame = model.box, model.bone.grid.frame
    behind = frame.world_mm(np.array([0.0, box.posterior_mm - 8.0, 0.0]))
    inside = frame.world_mm(box.middle_mm)
    assert place_of(model.bone, behind) is Stop.IN_CANAL and place_of(model.bone, inside) is None
    assert place_of(model.bone, frame.world_mm(np.array([0.0, 60.0, 0.0]))) is Stop.NOT_IN_BONE
    wall = [g for g in ready.gaps if abs(g.centre_mm[0]) < 5] if not isinstance(ready.gaps, Unknown) else []
    assert not wall, "the foramen is no gap"
    assert any("broken" in said for said in ready.cautions)


def question(model: CementModel, up_to_ml: float = 3.0) -> Question:
    return Question(model, both(model), LOW, up_to_ml)


def test_samples_are_the_same_for_one_seed_however_they_are_run(whole: CementModel, tmp_path: Path) -> None:
    asked = question(whole)
    alone = leak_risk(asked, Sampling(3, 5, workers=1))
    leak_risk(asked, Sampling(2, 5, workers=1, journal=tmp_path / "run"))
    resumed = leak_risk(asked, Sampling(3, 5, workers=2, journal=tmp_path / "run"))
    assert resumed == alone and leak_risk(asked, Sampling(3, 6, workers=1)) != alone


def test_the_chance_of_a_leak_grows_with_the_volume(holed: CementModel) -> None:
    risk = leak_risk(question(holed), Sampling(4, 1, workers=1))
    for curve in (*risk.routes, *risk.places, risk.anywhere):
        events = [share.events for share in curve.chances]
        assert events == sorted(events) and all(s.low <= s.high for s in curve.chances)
    assert risk.volumes_ml[-1] == 3.0 and risk.converging[-1].of == 4
    assert sum(risk.stops.values()) == 4


def sample(leaked_ml: float, injected_ml: float = 1.0) -> dict[str, object]:
    """What a sample up to 1 mL gives that leaks so much everywhere after 0.5 mL."""
    return {
        "bone_kpa": 5.0,
        "hub_mpa": 0.1,
        "injected_ml": injected_ml,
        "stopped": (Stop.VOLUME if injected_ml else Stop.NOT_IN_BONE).value,
        "by_route_ml": {r.value: [0.0, leaked_ml] for r in Route},
        "by_place_ml": {p.value: [0.0, leaked_ml] for p in Place},
    }


def test_few_samples_without_a_leak_rule_nothing_out() -> None:
    few, many = (counted((0.5, 1.0), [sample(0.0)] * n, seed=0) for n in (1, 60))
    told = few.stop_point_ml(0.1)
    assert isinstance(told, Unknown) and "up to 98 %" in told.why and few.safe_up_to_ml(0.1) is None
    assert many.safe_up_to_ml(0.1) == 1.0 and isinstance(many.stop_point_ml(0.1), Unknown)
    late = counted((0.5, 1.0), [sample(0.5)] * 60, seed=0)
    assert late.safe_up_to_ml(0.1) == 0.5 and late.stop_point_ml(0.1) == 1.0


def test_samples_that_all_missed_the_bone_tell_nothing() -> None:
    risk = counted((0.5, 1.0), [sample(0.0, injected_ml=0.0)] * 3, seed=0)
    assert all(isinstance(s.probability, Unknown) and s.high == 1 for s in risk.anywhere.chances)
    assert len(risk.anywhere.chances) == 2 and isinstance(risk.stop_point_ml(0.1), Unknown)


def test_samples_of_another_entry_or_cement_are_not_gone_on_with(whole: CementModel) -> None:
    asked = question(whole)
    entered = tuple(replace(n, entry_mm=np.array([0.0, 30.0, 0.0])) for n in asked.needles)
    thicker = replace(LOW, curve_pa_s={m: 2 * mu for m, mu in LOW.curve_pa_s.items()})
    keys = [q.said() for q in (asked, replace(asked, needles=entered), replace(asked, cement=thicker))]
    assert keys[0] == question(whole).said() and keys[0] != keys[1] and keys[0] != keys[2]


def test_a_sample_without_injection_is_no_answer_not_a_no() -> None:
    risk = counted((0.5, 1.0), [sample(0.5), sample(0.5, injected_ml=0.0)], seed=0)
    share = risk.curve(Place.CANAL).chances[-1]
    assert (share.events, share.unknown, share.of) == (1, 1, 2) and share.probability == 1.0
    assert risk.curve(Place.CANAL).chances[0].high > 0.95  # the missed one may have leaked
    assert risk.stop_point_ml(0.5) == 1.0 and risk.stops == {"not_in_bone": 1, "volume": 1}


def test_the_hand_is_off_by_what_is_said(whole: CementModel) -> None:
    at = needle(whole, 8.0)
    hand = np.random.default_rng(3)
    off = np.array([misplaced(at, hand).tip_mm - at.tip_mm for _ in range(400)])
    assert off.std() == pytest.approx(v.execution_mm.value, rel=0.1) and abs(off.mean()) < 0.2
    deep = replace(at, entry_mm=at.tip_mm + np.array([0, 40.0, 0]))
    turned = np.array([misplaced(deep, hand).tip_mm - at.tip_mm for _ in range(400)])
    across = np.hypot(v.execution_mm.value, 40 * np.tan(np.radians(v.execution_deg.value)))
    assert turned[:, 0].std() == pytest.approx(across, rel=0.12)
    assert turned[:, 1].std() == pytest.approx(v.execution_mm.value, rel=0.12)


def test_nothing_to_inject_is_refused(whole: CementModel) -> None:
    with pytest.raises(BadCase, match="volume"):
        leak_risk(question(whole, 0.0), Sampling(1, 0))


def test_draws_do_not_share_their_field(whole: CementModel) -> None:
    grid = whole.bone.grid
    one, other = (random_field(grid, Draw(1, k).stream("permeability")) for k in (0, 1))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.3
