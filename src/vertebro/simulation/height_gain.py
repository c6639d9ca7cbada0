"""What a vertebra gains in height, never without what patients gained; and its heights afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.errors import HouseFault
from vertebro.fracture.findings import VertebraFindings
from vertebro.simulation.endplate_lift import Motion, Union, v
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="inflation").say

PERCENT = 100.0
PLACES = ("anterior", "middle", "posterior")


@dataclass(frozen=True)
class PatientSeries:
    """What a series of patients gained: mean and standard deviation (mm, deg) at each place."""

    name: str
    anterior: Measured
    middle: Measured
    posterior: Measured
    angle: Measured
    source: CitedValue


def published_series() -> tuple[PatientSeries, ...]:
    """The series that every computed gain stands beside."""
    gains, angle = v.winkelmann_gain_mm, v.winkelmann_angle_deg
    name = say("patients.name", bodies=v.winkelmann_bodies.value, source=gains.reference.short)
    front, middle, back = (Measured(gains.value[p][0], "mm", name, gains.value[p][1]) for p in PLACES)
    turned = Measured(angle.value[0], "deg", name, angle.value[1])
    return (PatientSeries(name, front, middle, back, turned, gains),)


@dataclass(frozen=True)
class HeightGain:
    """Gains of one vertebra (mm), the change of its wedge angle (deg; below 0: less wedged), and patients'.

    Refuses to exist without a series of patients: a computed gain alone promises too much.
    """

    union: Union
    anterior: Measured
    middle: Measured
    posterior: Measured
    wedge: Measured
    patients: tuple[PatientSeries, ...]

    def __post_init__(self) -> None:
        if not self.patients:
            raise HouseFault("A gain of height must stand beside what patients gained.")

    def after(self, before: VertebraFindings) -> HeightsAfter:
        """The heights and the wedge angle that these gains lead to."""
        return HeightsAfter(
            anterior=_sum(before.anterior_height, self.anterior),
            middle=_sum(before.middle_height, self.middle),
            posterior=_sum(before.posterior_height, self.posterior),
            wedge=_sum(before.wedge_angle, self.wedge),
            local_kyphosis=_sum(before.local_kyphosis, self.wedge),
            gain=self,
        )


@dataclass(frozen=True)
class HeightsAfter:
    """Heights (mm), wedge angle and local kyphosis (deg) after a procedure, with the gain they come from."""

    anterior: Measured | Unknown
    middle: Measured | Unknown
    posterior: Measured | Unknown
    wedge: Measured | Unknown
    local_kyphosis: Measured | Unknown
    gain: HeightGain


def _sum(before: Measured | Unknown, gain: Measured) -> Measured | Unknown:
    if isinstance(before, Unknown):
        return Unknown(say("unknown.before", why=before.why))
    spread = (before.spread**2 + gain.spread**2) ** 0.5
    return Measured(before.value + gain.value, before.unit, f"{before.method}; {gain.method}", spread)


def height_gain(motion: Motion, union: Union, state: str, edge_mm: float) -> HeightGain:
    """The gains that a computed motion of the end-plates means; ``state`` is ``full`` or ``deflated``."""
    how = say(
        "method.gain",
        edge=f"{edge_mm:g}",
        disc=v.disc_young_mpa.value,
        preload=v.preload_n.value,
        union=union,
        state=say(f"state.{state}"),
    )
    error = v.lift_error_pct.number / PERCENT

    def measured(value: float, unit: str) -> Measured:
        return Measured(value, unit, how, abs(value) * error)

    return HeightGain(
        union,
        measured(motion.anterior_mm, "mm"),
        measured(motion.middle_mm, "mm"),
        measured(motion.posterior_mm, "mm"),
        measured(-motion.opening_deg, "deg"),
        published_series(),
    )
