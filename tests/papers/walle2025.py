"""The published voxel model of L2 of VerSe subject 004 [walle2025], built step by step as they did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.elastic import ElasticModel
from vertebro.kernels.supports import NodeValues

STEM = "verse004/sub-verse004_0000_vertebra_21_"
TOP, BOTTOM = 6, 5  # labels of the PMMA plates; 1 to 4 are bone, 2 and 4 of it cortical
BINS = 128


@dataclass(frozen=True)
class PublishedModel:
    """Moduli of the voxels, and the nodes of the two plates."""

    young_mpa: Array
    edge_mm: float
    top: AnyArray
    bottom: AnyArray

    def pressed(self, squeeze_mm: float = 0.2) -> ElasticModel:
        """The load case: plates approach each other along the last axis, free sideways."""
        ends = (NodeValues.at(self.top, 2, -squeeze_mm), NodeValues.at(self.bottom, 2, 0.0))
        return ElasticModel(self.young_mpa, 0.3, (self.edge_mm,) * 3, ends)


def published_model(data: Path, *, bin_shift: int = 1, split: int = 1) -> PublishedModel:
    """The model; ``bin_shift`` 1 gives every voxel the density of the next bin, as the published code
    does; ``split`` divides every voxel into that many along each axis.
    """
    density = np.asarray(nib.load(data / f"{STEM}im.nii.gz").dataobj, dtype=float)
    labels = np.asarray(nib.load(data / f"{STEM}seg.nii.gz").dataobj).astype(np.uint8)
    young = _young(density, labels, bin_shift)
    young = np.where(_largest(young > 0), young, 0.0)
    labels = np.where(_largest(labels > 0), labels, 0)
    box = ndimage.find_objects((labels > 0).astype(int))[0]
    young, labels = (np.kron(a[box], np.ones((split,) * 3, a.dtype)) for a in (young, labels))
    top = _seen_along_last_axis(labels, TOP, from_above=True)
    bottom = _seen_along_last_axis(labels, BOTTOM, from_above=False)
    return PublishedModel(young, 1.0 / split, np.argwhere(top), np.argwhere(bottom))


def _young(density: Array, labels: AnyArray, bin_shift: int) -> Array:
    """Young's modulus from the binned density, 2500 MPa in the plates."""
    bone = (labels >= 1) & (labels <= 4)
    value = np.where(bone, np.trunc(np.maximum(density, -31.0)), 0.0)
    edges = np.linspace(value[value != 0].min(), value[value != 0].max(), BINS + 1)
    centres = (edges[:-1] + edges[1:]) / 2
    law = np.where(centres < 0, 1e-4, 2980 * (np.maximum(centres, 0) / 1000) ** 1.05)
    number = np.where(value != 0, np.clip(np.digitize(value, edges), 1, BINS), 0)
    number += BINS * ((labels == 2) | (labels == 4))
    table = np.zeros(2 * BINS + 2)
    table[1 - bin_shift : 1 - bin_shift + 2 * BINS] = np.concatenate([law, law])
    if bin_shift:
        table[2 * BINS] = law[0]
    young = np.where(number > 0, table[number], 0.0)
    return np.where((labels == TOP) | (labels == BOTTOM), 2500.0, young)


def _largest(mask: Mask) -> Mask:
    number, _ = ndimage.label(mask)
    return np.asarray(number == np.bincount(number.ravel())[1:].argmax() + 1)


def _seen_along_last_axis(labels: AnyArray, label: int, *, from_above: bool) -> Mask:
    """Nodes of the faces of a label that are the first along the last axis."""
    order = labels[:, :, ::-1] if from_above else labels
    first = (order > 0).argmax(axis=2)
    i, j = np.nonzero(np.take_along_axis(order, first[..., None], axis=2)[..., 0] == label)
    k = labels.shape[2] - first[i, j] if from_above else first[i, j]
    out = np.zeros([n + 1 for n in labels.shape], dtype=bool)
    for a, b in np.ndindex(2, 2):
        out[i + a, j + b, k] = True
    return out
