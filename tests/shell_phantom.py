"""The block with a shell of the published injections."""

from vertebro.simulation.papers.shell_block import HALF_MM, shell_phantom

__all__ = ["HALF_MM", "shell_phantom"]
