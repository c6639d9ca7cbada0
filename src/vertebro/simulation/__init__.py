"""Simulation on this patient: materials, strength of a vertebra."""
