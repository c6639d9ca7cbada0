"""Readers of STL and GLB by their specifications, independent of how we write them."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing import assert_allclose

from vertebro.kernels.rendering import Surface


def read_stl(path: Path) -> tuple[str, Surface, np.ndarray]:
    content = path.read_bytes()
    (count,) = struct.unpack_from("<I", content, 80)
    assert len(content) == 84 + 50 * count
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("note", "<u2")])
    found = np.frombuffer(content, kind, offset=84)
    points = found["corners"].reshape(-1, 3).astype(float)
    header = content[:80].decode("ascii").rstrip()
    return header, Surface(points, np.arange(3 * count).reshape(-1, 3)), found["normal"]


def read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """The two chunks of a GLB file, after every check of the container that the specification asks for."""
    content = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content)) and length % 4 == 0
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON" and size % 4 == 0
    document = json.loads(content[20 : 20 + size])
    rest, kind = struct.unpack_from("<I4s", content, 20 + size)
    assert kind == b"BIN\0" and rest % 4 == 0 and 28 + size + rest == len(content)
    data = content[28 + size :]
    assert 0 <= len(data) - document["buffers"][0]["byteLength"] < 4
    return document, data


def accessor(document: dict[str, Any], data: bytes, number: int) -> np.ndarray:
    one = document["accessors"][number]
    view = document["bufferViews"][one["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3}[one["type"]]
    kind = {5126: "<f4", 5125: "<u4"}[one["componentType"]]
    assert view["byteOffset"] % 4 == 0 and view["byteLength"] == one["count"] * width * 4
    return np.frombuffer(data, kind, one["count"] * width, view["byteOffset"]).reshape(-1, width)


def bodies_of(document: dict[str, Any], data: bytes) -> dict[str, tuple[Surface, np.ndarray]]:
    """Surfaces by the names of their nodes, in the coordinates of the nodes, and their normals."""
    found = {}
    for node in document["nodes"]:
        if "mesh" not in node:
            continue
        (part,) = document["meshes"][node["mesh"]]["primitives"]
        points = accessor(document, data, part["attributes"]["POSITION"])
        box = document["accessors"][part["attributes"]["POSITION"]]
        assert_allclose([box["min"], box["max"]], [points.min(axis=0), points.max(axis=0)])
        triangles = accessor(document, data, part["indices"]).reshape(-1, 3)
        assert triangles.max() < len(points)
        normals = accessor(document, data, part["attributes"]["NORMAL"])
        assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
        found[node["name"]] = (Surface(points.astype(float), triangles), normals)
    return found
