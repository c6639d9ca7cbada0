"""What healthy marrow looks like on this patient's MRI: its level along the spine, and how much it varies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vertebro.fracture.oedema_reading import BodyReading
from vertebro.kernels.arrays import Array
from vertebro.kernels.surfaces import robust_least_squares, scale_of
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="oedema_values.yaml")
say = texts(beside=__file__, name="oedema").say

THIRDS = 3
"""A body is summed up by the medians of its thirds from back to front."""

LEAST_SCALE = 0.03
"""Logarithm of signal; healthy bodies differ by more than this, so that a perfect fit is not believed."""

LEAST_SIGNAL = 1e-3
"""Of the image's own unit; keeps the logarithm finite where a body holds no signal at all."""


@dataclass(frozen=True)
class Reference:
    """Healthy marrow: its signal anywhere along the spine, its spread, and the bodies it was read in.

    ``spread`` is that of single voxels and ``scatter`` that of whole bodies, both as a part of the signal.
    """

    levels: tuple[Level, ...]
    coefficients: Array
    origin_mm: Array
    spread: float
    scatter: float

    @property
    def threshold(self) -> float:
        """From how many times the signal of healthy marrow on a voxel counts as bright."""
        spread = max(self.spread, float(v.least_relative_spread.number))
        return 1 + float(v.threshold_spreads.number) * spread

    def relative(self, reading: BodyReading) -> Array:
        """The signal of every voxel of a body as a multiple of healthy marrow at its place."""
        return np.asarray(reading.signal / self.healthy_at(reading.places_mm))

    def healthy_at(self, places_mm: Array) -> Array:
        """The signal healthy marrow would have at these places (LPS mm)."""
        design = _design(places_mm, self.origin_mm, len(self.coefficients))
        return np.asarray(np.exp(design @ self.coefficients))


def reference_of(readings: Mapping[Level, BodyReading]) -> Reference | Unknown:
    """Healthy marrow from bodies that are whole by their shape; those that stand out are left out."""
    needed = int(v.least_references.number)
    if len(readings) < needed:
        return _too_few(tuple(readings), needed)
    readings = _alike(readings)
    if len(readings) < needed:
        return _too_few(tuple(readings), needed)
    origin = np.mean([r.body.frame.origin_mm for r in readings.values()], axis=0)
    kept = tuple(readings)
    for _ in range(3):  # leaving one out moves the trend; a second and third look settles it
        coefficients = _trend([readings[n] for n in kept], origin)
        off = {n: _off(readings[n], origin, coefficients) for n in readings}
        chosen = tuple(n for n in readings if abs(off[n]) <= v.reference_agreement.number)
        if chosen == kept:
            break
        kept = chosen
        if len(kept) < needed:
            return _too_few(kept, needed)
    found = Reference(kept, coefficients, origin, 0.0, scale_of(np.array([off[n] for n in kept])))
    if found.scatter > v.most_reference_scatter.number:
        return Unknown(say("unknown.scattered", scatter=f"{100 * found.scatter:.0f}"))
    ratio = np.concatenate([found.relative(readings[n])[readings[n].readable] for n in kept])
    return Reference(kept, coefficients, origin, scale_of(ratio), max(found.scatter, LEAST_SCALE))


def _alike(readings: Mapping[Level, BodyReading]) -> Mapping[Level, BodyReading]:
    """The bodies whose signal is near the lower of the middle ones: a bright one must not bend the trend."""
    middles = {n: float(np.median(_thirds(r)[1])) for n, r in readings.items()}
    usual = sorted(middles.values())[(len(middles) - 1) // 2]
    return {n: r for n, r in readings.items() if abs(middles[n] - usual) <= v.rough_agreement.number}


def _too_few(levels: tuple[Level, ...], needed: int) -> Unknown:
    named = ", ".join(map(str, levels)) or say("unknown.none_healthy")
    return Unknown(say("unknown.few_references", count=len(levels), levels=named, needed=needed))


def _design(places_mm: Array, origin_mm: Array, terms: int) -> Array:
    """1, towards the front, along the spine, and along the spine squared; in decimetres from the origin."""
    _, back, up = np.moveaxis((places_mm - origin_mm) / 100, -1, 0)
    return np.stack([np.ones_like(up), -back, up, up**2][:terms], axis=-1)


def _thirds(reading: BodyReading) -> tuple[Array, Array]:
    """Places and log signal of the thirds of one body, from back to front."""
    places, signal = reading.places_mm[reading.readable], reading.signal[reading.readable]
    front = reading.body.frame.local_mm(places)[:, 1]
    part = np.searchsorted(np.quantile(front, [1 / THIRDS, 2 / THIRDS]), front)
    found = [
        (places[part == n].mean(axis=0), np.median(signal[part == n]))
        for n in range(THIRDS)
        if (part == n).any()
    ]
    where, medians = zip(*found, strict=True)
    return np.array(where), np.log(np.maximum(medians, LEAST_SIGNAL))


def _trend(readings: list[BodyReading], origin: Array) -> Array:
    """The smooth trend of healthy marrow: curved along the spine where four bodies or more show it."""
    terms = 4 if len(readings) > int(v.least_references.number) else 3
    where, signal = zip(*(_thirds(r) for r in readings), strict=True)
    design = _design(np.concatenate(where), origin, terms)
    stiffness = np.array([0.0, 0.01, 0.01, 0.01][:terms])  # tames a trend that few thirds hardly show
    coefficients, _ = robust_least_squares(design, np.concatenate(signal), LEAST_SCALE, stiffness)
    return coefficients


def _off(reading: BodyReading, origin: Array, coefficients: Array) -> float:
    """How far a body lies from the trend, in the logarithm of its signal."""
    where, signal = _thirds(reading)
    return float(np.median(signal - _design(where, origin, len(coefficients)) @ coefficients))
