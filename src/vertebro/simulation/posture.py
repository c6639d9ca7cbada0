"""How a wedge loads the spine: the upper body moves forward, the muscles of the back answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadModel
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="segment_values.yaml")


@dataclass(frozen=True)
class Posture:
    """Levers of the upper body, fitted to four published pressures and two muscle forces [rohlmann2006].

    The weight W of the upper body acts ``weight_arm_mm`` before the middle of the disc, the muscles
    ``muscle_arm_mm`` behind it. A wedge of an angle turns the line from the broken vertebra to the centre of
    gravity, ``weight_height_mm`` long, forward; ``compensation`` is the share of the shift that hips and
    spine take back. All results are relative to the same spine without the wedge, never absolute.
    """

    compensation: float = 0.0
    weight_arm_mm: float = v.weight_arm_mm.number
    muscle_arm_mm: float = v.muscle_arm_mm.number
    weight_height_mm: float = v.weight_height_mm.number
    unbalanced_share: float = v.unbalanced_share.number

    def shift_mm(self, wedge_deg: float) -> float:
        """How far the upper body comes forward: (1 - c) (h sin(angle) + d cos(angle) - d)."""
        most = v.widest_wedge_deg.number
        if not abs(wedge_deg) <= most:
            raise BadModel(
                f"The wedge is {wedge_deg:g} degrees.",
                f"at most {most:g} degrees either way",
                "Check the angle.",
            )
        angle, d = np.radians(wedge_deg), self.weight_arm_mm
        whole = self.weight_height_mm * np.sin(angle) + d * np.cos(angle) - d
        return float(max((1 - self.compensation) * whole, -d))  # behind the disc no back muscle is needed

    def muscle_ratio(self, wedge_deg: float) -> float:
        """Force of the back muscles over that without a wedge: d'/d."""
        return 1 + self.shift_mm(wedge_deg) / self.weight_arm_mm

    def load_ratio(self, wedge_deg: float) -> float:
        """Compression of the disc over that without a wedge: (1 + d'/a)/(1 + d/a)."""
        d, a = self.weight_arm_mm, self.muscle_arm_mm
        return (1 + (d + self.shift_mm(wedge_deg)) / a) / (1 + d / a)

    def forward_mm(self, wedge_deg: float) -> float:
        """How far the force on the disc moves forward: the moment nobody balances over the compression."""
        d, a, shift = self.weight_arm_mm, self.muscle_arm_mm, self.shift_mm(wedge_deg)
        return self.unbalanced_share * shift / (1 + (d + shift) / a)

    def wedge_of(self, muscle_gain: float) -> float:
        """The angle (degrees) that raises the muscle force by a share, without compensation."""
        d, h = self.weight_arm_mm, self.weight_height_mm
        length, lean = np.hypot(h, d), np.arctan2(d, h)
        return float(np.degrees(np.arcsin((1 + muscle_gain) * d / length) - lean))
