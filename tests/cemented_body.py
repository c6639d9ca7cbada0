"""The body with a ball of cement of the published temperatures."""

from vertebro.simulation.papers.cemented_body import cemented_body

__all__ = ["cemented_body"]
