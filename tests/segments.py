"""The segments of the published checks, and sizes small enough for quick tests."""

from vertebro.simulation.papers.segments import FRAME, phantom, pillar

__all__ = ["FRAME", "SMALL", "phantom", "pillar"]

SMALL = {"half_mm": (15.0, 11.0), "body_mm": 14.0, "disc_mm": 8.0}
"""A segment small enough for quick tests."""
