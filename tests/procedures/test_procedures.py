"""The contract every procedure keeps: steps that can be played in their order, harms that have evidence."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from needle_cases import site

from vertebro.errors import BadCase
from vertebro.evidence.harm_types import Heading
from vertebro.evidence.harms import harms_for
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.procedures.access import Wish, find_paths, own_path
from vertebro.procedures.devices import Balloon, Cement, Stent, needle_of
from vertebro.procedures.grades import Robustness
from vertebro.procedures.procedure import Asked, NamedHarm, Technique, technique, techniques
from vertebro.procedures.site import Site
from vertebro.procedures.steps import Inflate, Scene
from vertebro.procedures.trajectory import Plan, Route, Side, Trajectory
from vertebro.procedures.wishes import OwnNeedle, Wishes
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

NAMES = list(techniques())


@dataclass
class Table:
    """A vertebra on paper: refuses what cannot be done to one, and counts what went in."""

    inserted: set[str] = field(default_factory=set)
    inflated: dict[str, float] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    cement_ml: float = 0.0

    def insert(self, side: str) -> None:
        assert side not in self.inserted
        self.inserted.add(side)

    def inflate(self, side: str, balloon: Balloon, volume_ml: float) -> None:
        assert side in self.inserted and side not in self.inflated and balloon.name
        self.inflated[side] = volume_ml

    def deflate(self, side: str) -> None:
        del self.inflated[side]

    def scaffold(self, side: str, stent: Stent) -> None:
        assert side in self.inflated and stent.name
        self.held.add(side)

    def fill(self, side: str, cement: Cement, volume_ml: float) -> None:
        assert side in self.inserted and side not in self.inflated and volume_ml > 0 and cement.name
        self.cement_ml += volume_ml


@pytest.fixture(scope="module")
def l2(small_patient: SyntheticPatient) -> Site:
    return site(small_patient.spine(), Level.L2)


@pytest.fixture(scope="module")
def plan_of(l2: Site) -> Callable[[str], Plan]:
    kept: dict[str, Plan] = {}

    def find(name: str) -> Plan:
        if name not in kept:
            found = technique(name).plan(l2, Asked())
            assert isinstance(found, Plan), found
            kept[name] = found
        return kept[name]

    return find


def test_one_needle_comes_from_the_steadier_side(l2: Site, plan_of: Callable[[str], Plan]) -> None:
    alone = plan_of("one-needle vertebroplasty")
    (needle,) = alone.needles
    assert isinstance(needle.robustness, Robustness)
    for side in Side:
        other = technique("vertebroplasty").plan(l2, Asked((side,)))
        assert isinstance(other, Plan) and isinstance(other.needles[0].robustness, Robustness)
        assert needle.robustness.into_canal <= other.needles[0].robustness.into_canal
    assert alone.cement_ml == plan_of("vertebroplasty").cement_ml
    right = technique("one-needle vertebroplasty").plan(l2, Asked((Side.RIGHT,)))
    assert isinstance(right, Plan) and right.needles[0].side is Side.RIGHT


def test_the_procedures_have_joined() -> None:
    assert {"vertebroplasty", "kyphoplasty", "vertebral stent"} <= set(NAMES)
    with pytest.raises(BadCase, match="kyphoplasty"):
        technique("kyphoplasti")


@pytest.mark.parametrize("name", NAMES)
def test_every_step_can_be_played(plan_of: Callable[[str], Plan], name: str) -> None:
    plan, table = plan_of(name), Table()
    scene: Scene = table
    for step in plan.steps:
        step.play(scene)
    assert table.inserted == {str(s) for s in plan.sides}
    assert not table.inflated  # no balloon stays behind
    assert table.cement_ml == pytest.approx(plan.cement_ml) and plan.cement_ml > 0


def lacks_evidence(kind: Technique, harm: NamedHarm) -> bool:
    """True where neither the evidence floor nor the procedure itself knows the harm."""
    if harm.heading not in {h.value for h in Heading}:
        return True
    if harm.own is not None:
        return not harm.own.reference.link
    known = harms_for({}, kind.like) if kind.like else ()
    return not any(h.heading.value == harm.heading for h in known)


@pytest.mark.parametrize("name", NAMES)
def test_every_harm_has_evidence_or_is_said_to_have_none(name: str) -> None:
    kind = technique(name)
    assert {h.heading for h in kind.harms} >= {"cement leak", "infection", "cord or root injury"}
    assert not [h.heading for h in kind.harms if lacks_evidence(kind, h)]
    assert lacks_evidence(kind, NamedHarm("baldness"))


@pytest.mark.parametrize("name", NAMES)
def test_every_plan_is_safe_and_uses_devices_it_names(plan_of: Callable[[str], Plan], name: str) -> None:
    plan = plan_of(name)
    assert plan.procedure == name and len(plan.needles) == (1 if name.startswith("one-needle") else 2)
    assert all(n.is_acceptable for n in plan.needles)
    named = {d.name for d in plan.devices}
    assert {n.needle.name for n in plan.needles} <= named
    for step in plan.steps:
        for part in ("balloon", "stent", "cement"):
            assert getattr(getattr(step, part, None), "name", plan.devices[0].name) in named


def test_a_kyphoplasty_lifts_before_it_fills_and_a_stent_stays(plan_of: Callable[[str], Plan]) -> None:
    names = [s.name for s in plan_of("kyphoplasty").steps]
    assert names == ["access", "inflate", "deflate", "fill"]
    assert [s.name for s in plan_of("vertebral stent").steps] == [
        "access",
        "inflate",
        "scaffold",
        "deflate",
        "fill",
    ]
    assert [s.name for s in plan_of("vertebroplasty").steps] == ["access", "fill"]


def test_balloons_lie_in_the_front_half_and_nearer_to_the_middle_than_needles_of_cement(
    l2: Site, plan_of: Callable[[str], Plan]
) -> None:
    plan, body = plan_of("kyphoplasty"), l2.body
    (inflate,) = [s for s in plan.steps if isinstance(s, Inflate)]
    for needle in plan.needles:
        behind = needle.depth_mm - inflate.balloon.length_mm / 2
        right, anterior, up = body.frame.local_mm(needle.at_mm(np.array([behind])))[0]
        assert anterior >= (body.posterior_wall(up) + body.anterior_wall(up)) / 2 - 0.5
        assert abs(right) < 0.65 * body.width_mm / 2
    assert plan.cavities_ml == 2 * inflate.volume_ml < plan.cement_ml
    assert plan_of("vertebroplasty").cavities_ml == 0
    beside = {
        name: sum(abs(body.frame.local_mm(n.target_mm)[0]) for n in plan_of(name).needles)
        for name in ("vertebroplasty", "kyphoplasty")
    }
    assert beside["kyphoplasty"] < beside["vertebroplasty"]


def test_one_needle_is_one_of_those_asked_for(l2: Site, plan_of: Callable[[str], Plan]) -> None:
    """Two sides or two needles of a person's own: the better alone, never two under the name of one."""
    one, both = technique("one-needle vertebroplasty"), plan_of("vertebroplasty").needles
    for asked in (Asked((Side.LEFT, Side.RIGHT)), Asked(own=both)):
        found = one.plan(l2, asked)
        assert isinstance(found, Plan) and len(found.needles) == 1
    assert isinstance(found, Plan) and found.needles[0] in both


def test_sides_and_route_are_kept_as_asked(l2: Site) -> None:
    found = technique("vertebroplasty").plan(l2, Asked((Side.LEFT,), Route.EXTRAPEDICULAR))
    assert isinstance(found, Plan)
    assert found.sides == (Side.LEFT,) and found.needles[0].route is Route.EXTRAPEDICULAR
    assert any("pleura" in note for note in found.notes)


def test_a_persons_own_needles_are_taken_and_judged(l2: Site, plan_of: Callable[[str], Plan]) -> None:
    good = plan_of("vertebroplasty").needle(Side.RIGHT)
    own = own_path(l2, good.entry_mm, good.target_mm, needle_of(13))
    found = technique("vertebroplasty").plan(l2, Asked(own=(own,)))
    assert isinstance(found, Plan) and found.needles == (own,)
    with pytest.raises(BadCase, match="13 gauge"):
        technique("kyphoplasty").plan(l2, Asked(own=(own,)))


def test_a_needle_of_ones_own_through_the_canal_is_said_first(
    l2: Site, plan_of: Callable[[str], Plan]
) -> None:
    frame = l2.body.frame
    back, tip = (frame.world_mm(np.array([2.0, depth, 0.0])) for depth in (-60.0, 2.0))
    plan = Wishes(own=(OwnNeedle("bad", tuple(back), tuple(tip)),)).plan(technique("vertebroplasty"), l2)
    assert isinstance(plan, Plan)
    assert plan.notes[0].startswith("THE right NEEDLE ENTERS THE SPINAL CANAL")
    assert not any("SPINAL CANAL" in note for note in plan_of("vertebroplasty").notes)


def test_one_blocked_side_leaves_one_needle_aimed_nearer_to_the_middle(
    l2: Site, plan_of: Callable[[str], Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    def blocked(site: Site, side: Side, wish: Wish) -> tuple[Trajectory, ...] | Unknown:
        return Unknown("the left is closed") if side is Side.LEFT else find_paths(site, side, wish)

    of_two = plan_of("vertebroplasty").needle(Side.RIGHT)
    monkeypatch.setattr("vertebro.procedures.procedure.find_paths", blocked)
    found = technique("vertebroplasty").plan(l2, Asked())
    assert isinstance(found, Plan) and found.sides == (Side.RIGHT,)
    assert "the left is closed" in found.notes[0]
    alone, beside = (l2.body.frame.local_mm(n.target_mm)[0] for n in (found.needles[0], of_two))
    assert -5 < alone < beside
