"""Print what the heat of cement costs by voxel size: a ball of 4 mL in a lumbar body, one law of cure.

Run with: PYTHONPATH=tests python benchmarks/heating.py
The explicit step shortens with the square of the voxel, so halving it costs about 2^5 times as much. Columns:
voxel size, voxels with cement, seconds of one processor, peaks at the centre and at a place in the canal.
"""

from __future__ import annotations

import time

import numpy as np

from cemented_body import cemented_body
from vertebro.simulation.heating import HeatSettings, heated

SIZES_MM = (2.0, 1.5, 1.0, 0.75)
PLACE_MM = np.array([0.0, -17.0, 0.0])  # in the canal, behind the middle of the wall


def main() -> None:
    """One line a voxel size."""
    field, _ = cemented_body(1, 2.0)
    heated(field, {}, HeatSettings(minutes=1))  # compiled and warm
    print("voxel mm  cement voxels  seconds  centre degC  canal degC")
    for edge_mm in SIZES_MM:
        field, _ = cemented_body(4, edge_mm)
        began = time.process_time()
        peak = heated(field, {}).peak_celsius
        took = time.process_time() - began
        middle = (np.array(peak.shape) - 1) / 2
        canal = peak[tuple(np.round(middle + PLACE_MM / edge_mm).astype(int))]
        count = int((field.cement > 0).sum())
        print(f"{edge_mm:8g}  {count:13d}  {took:7.2f}  {peak.max():11.1f}  {canal:10.1f}")


if __name__ == "__main__":
    main()
