"""A vertebra built from primitives, for tests that need a shape of known directions."""

from __future__ import annotations

import numpy as np

from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity


def simple_vertebra(step_mm: float = 2.0) -> Volume:
    """Stored LPS: body, pedicles high, laminae, transverse processes, spinous process pointing down."""
    x, y, z = np.meshgrid(*[np.arange(-half, half, step_mm) for half in (45.0, 60.0, 32.0)], indexing="ij")
    body = ((x / 22) ** 2 + ((y + 25) / 16) ** 2 < 1) & (abs(z) < 14)
    pedicles = (abs(abs(x) - 13) < 4) & (y > -14) & (y < 10) & (abs(z - 6) < 6)
    laminae = (abs(np.hypot(x, y) - 13) < 4) & (y > 0) & (abs(z + 4) < 10)
    spinous = (abs(x) < 4) & (y > 10) & (y < 40) & (abs(z + 8 + 0.3 * (y - 10)) < 8)
    transverse = (abs(x) > 12) & (abs(x) < 36) & (abs(y - 6) < 5) & (abs(z - 2) < 5)
    values = (body | pedicles | laminae | spinous | transverse).astype(np.uint8)
    return Volume(values, np.diag([step_mm, step_mm, step_mm, 1.0]), Quantity.LABEL)


def painted(mask: Volume) -> Volume:
    """A CT of that mask: bone of 250 HU in soft tissue of 40 HU, with noise."""
    noise = np.random.default_rng(1).normal(0, 20, mask.shape)
    values = np.where(mask.values > 0, 250.0, 40.0) + noise
    return Volume(values.astype(np.float32), mask.affine_mm, Quantity.HOUNSFIELD)
