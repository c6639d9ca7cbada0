"""Surfaces for viewers, planners and 3D printers: STL and glTF (GLB), in the patient's LPS millimetres.

An STL file holds the coordinates as they are and says so in its header. In a GLB file every body is a node
of its own with the same LPS millimetres; one node above them turns and scales the whole into the metres and
upright axis that glTF asks for (left to +X, superior to +Y, anterior to +Z): a rotation, never a mirror.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vertebro import __version__
from vertebro.errors import HouseFault
from vertebro.formats.writing import writing
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.rendering import Surface

LPS_MM_TO_GLTF_M = 0.001 * np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""Columns: where one millimetre to the left, to the back and upwards goes."""
STL_HEADER_BYTES, STL_RECORD = (
    80,
    np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("note", "<u2")]),
)
FLOAT32, UINT32, VERTICES, INDICES = 5126, 5125, 34962, 34963  # numbers of the glTF 2.0 specification


@dataclass(frozen=True)
class Body:
    """One thing to be seen: its name, its closed surface in LPS mm, its colour (#rrggbb) and opacity."""

    name: str
    surface: Surface
    colour: str
    opacity: float = 1.0

    def __post_init__(self) -> None:
        triangles, points = self.surface.triangles, self.surface.points_mm
        if not self.name or not len(triangles) or triangles.max() >= len(points) or triangles.min() < 0:
            raise HouseFault(f"The body '{self.name}' needs a name and triangles of its own points.")
        if not np.isfinite(points).all() or not 0 < self.opacity <= 1:
            raise HouseFault(f"The body '{self.name}' has impossible points or opacity.")


def write_stl(body: Body, path: Path) -> None:
    """Writes one body as binary STL: whole or not at all."""
    header = f"{body.name} SPACE=LPS UNIT=mm vertebro {__version__}".encode("ascii", "replace")
    if header[:5].lower() == b"solid":  # readers would take the file for text
        header = b"body " + header
    corners = body.surface.points_mm[body.surface.triangles]
    records = np.zeros(len(corners), STL_RECORD)
    records["corners"] = corners
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    records["normal"] = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    with writing(path) as temporary, temporary.open("wb") as file:
        file.write(header[:STL_HEADER_BYTES].ljust(STL_HEADER_BYTES))
        file.write(struct.pack("<I", len(records)))
        file.write(records.tobytes())


def write_glb(bodies: Sequence[Body], path: Path) -> None:
    """Writes all bodies as one GLB file, each a named node with its own colour: whole or not at all."""
    if not bodies or len({body.name for body in bodies}) != len(bodies):
        raise HouseFault("A scene needs at least one body, and every body a name of its own.")
    scene = _Scene()
    for body in bodies:
        scene.add(body)
    text, data = json.dumps(scene.described(), separators=(",", ":")).encode(), bytes(scene.data)
    text, data = text.ljust(-(-len(text) // 4) * 4), data.ljust(-(-len(data) // 4) * 4, b"\0")
    with writing(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(data)))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", len(data), b"BIN\0") + data)


class _Scene:
    """The lists of a glTF file as they grow, and its binary data."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []
        self._materials: list[dict[str, Any]] = []
        self._meshes: list[dict[str, Any]] = []
        self._nodes: list[dict[str, Any]] = []

    def add(self, body: Body) -> None:
        points = body.surface.points_mm.astype("<f4")
        position = self._accessor(points, "VEC3", FLOAT32, VERTICES)
        self._accessors[position] |= {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        normal = self._accessor(_unit(body.surface.normals()).astype("<f4"), "VEC3", FLOAT32, VERTICES)
        corners = self._accessor(body.surface.triangles.astype("<u4").ravel(), "SCALAR", UINT32, INDICES)
        number = len(self._meshes)
        self._materials.append(_material(body))
        attributes = {"POSITION": position, "NORMAL": normal}
        primitive = {"attributes": attributes, "indices": corners, "material": number}
        self._meshes.append({"name": body.name, "primitives": [primitive]})
        self._nodes.append({"name": body.name, "mesh": number, "extras": {"space": "LPS", "unit": "mm"}})

    def described(self) -> dict[str, Any]:
        matrix = np.eye(4)
        matrix[:3, :3] = LPS_MM_TO_GLTF_M
        top = {
            "name": "patient LPS mm",
            "children": list(range(len(self._nodes))),
            "matrix": matrix.T.ravel().tolist(),  # column by column
        }
        return {
            "asset": {"version": "2.0", "generator": f"vertebro {__version__}"},
            "scene": 0,
            "scenes": [{"nodes": [len(self._nodes)]}],
            "nodes": [*self._nodes, top],
            "meshes": self._meshes,
            "materials": self._materials,
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self.data)}],
        }

    def _accessor(self, numbers: AnyArray, kind: str, component: int, target: int) -> int:
        raw = numbers.tobytes()  # of 4 bytes each, so every part begins where it must
        self._views.append(
            {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(raw), "target": target}
        )
        self.data += raw
        view = len(self._views) - 1
        self._accessors.append(
            {"bufferView": view, "componentType": component, "count": len(numbers), "type": kind}
        )
        return len(self._accessors) - 1


def _material(body: Body) -> dict[str, Any]:
    clear = {"alphaMode": "BLEND"} if body.opacity < 1 else {}
    colour = [*_linear(body.colour), body.opacity]
    look = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": 0.8}
    return {"name": body.name, "pbrMetallicRoughness": look} | clear


def _linear(colour: str) -> list[float]:
    """A colour as written (#rrggbb, sRGB) as the amounts of light that glTF asks for."""
    shown = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shown]


def _unit(normals: Array) -> Array:
    """Points without a face around them get some direction: a normal must have length 1."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0.5, normals, [0.0, 0.0, 1.0])
