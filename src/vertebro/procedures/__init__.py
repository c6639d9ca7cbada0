"""Procedures: a sequence of steps, the needle paths and devices they use, and the harms they can do."""
