"""Cement displaces marrow: closed forms of a line and a sphere, and what must hold for any rock."""

import numpy as np
import pytest

from vertebro.kernels.darcy import Injection
from vertebro.kernels.porous import Accuracy, Drive, Fluids, Outlet, Ports, Rock
from vertebro.kernels.wells import Well


def test_a_sphere_at_constant_rate_has_the_pressure_of_the_closed_form() -> None:
    r0, k, porosity, thick, thin, rate = 1.5, 1e-3, 0.9, 50.0, 0.1, 50.0
    h, R, seconds = 0.75, 15.0, 20.0
    half = int(R / h)
    centre = (np.arange(2 * half) + 0.5 - half) * h
    node = (np.arange(2 * half + 1) - half) * h
    inside = np.sqrt(sum(np.meshgrid(*[centre**2] * 3, indexing="ij"))) < R
    distance = np.sqrt(sum(np.meshgrid(*[node**2] * 3, indexing="ij")))
    around = np.zeros(distance.shape)
    for a, b, c in np.ndindex(2, 2, 2):
        around[a : a + 2 * half, b : b + 2 * half, c : c + 2 * half] += inside
    outlet = Outlet(np.argwhere((around > 0) & (around < 8)), 1e3)
    rock = Rock(np.where(inside, k, 0.0), np.full(inside.shape, porosity), (h, h, h))
    begin = np.clip((r0 - distance) / h + 0.5, 0, 1)
    well = Well.at((half * h,) * 3, r0, (h, h, h))
    injection = Injection(
        rock, Fluids(thick, thin), Ports((well,), (outlet,)), saturation=begin, accuracy=Accuracy(threads=1)
    )
    filling = injection.advance(Drive((rate,)), until_s=seconds)
    front = (3 * rate * seconds / (4 * np.pi * porosity) + r0**3) ** (1 / 3)
    pressure = rate / (4 * np.pi * k) * (thick * (1 / r0 - 1 / front) + thin * (1 / front - 1 / R)) * 1e-6
    assert pressure * 1e3 == pytest.approx(101.83, abs=0.01)
    assert filling.history[-1].wells_mpa[0] == pytest.approx(pressure, rel=0.03)
    assert abs(filling.imbalance) < 1e-12
