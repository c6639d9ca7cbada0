"""Keeps what was computed under the content of what it was made from, so that only what changed is redone.

Nothing is written to disk: results are those of a patient. Content is compared by its digest, never by
place or time, so that a value that was changed and changed back is found again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from threading import Lock
from types import MethodType
from typing import Any, TypeVar, cast

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import AnyArray
from vertebro.patient.case import Case
from vertebro.patient.volume import Volume

T = TypeVar("T")

GIB = 2**30
IMAGES = 64  # whose digests are remembered: a whole spine's masks and its images
OVERHEAD_BYTES = 64  # of a Python object that is no array


class Memory:
    """Results by the content of what they were made from; those not used for longest go first.

    ``most_bytes`` bounds the arrays that are held; nought keeps nothing. ``made`` and ``found`` count.
    """

    def __init__(self, most_bytes: int = GIB) -> None:
        self.most_bytes = most_bytes
        self.made = self.found = 0
        self._lock = Lock()
        self._results: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self._images: OrderedDict[int, tuple[Volume, bytes]] = OrderedDict()

    def of(self, made_from: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What ``make`` gives, from memory if it was made from the same before.

        ``made_from`` names the step and holds all that decides its result.
        """
        if not self.most_bytes:
            return make()
        with self._lock:
            key = self.digest(made_from)
            if key in self._results:
                self.found += 1
                self._results.move_to_end(key)
                return cast(T, self._results[key][0])
        result = make()
        with self._lock:
            self.made += 1
            self._results[key] = result, size_of(result)
            while len(self._results) > 1 and self.held_bytes > self.most_bytes:
                self._results.popitem(last=False)
        return result

    @property
    def held_bytes(self) -> int:
        """Of all results; what two of them share counts twice."""
        return sum(size for _, size in self._results.values())

    def digest(self, value: object) -> bytes:
        """A digest of any content; of a case, that of its images: the record decides no simulation."""
        said = hashlib.blake2b(digest_size=20)
        self._say(value, said.update)
        return said.digest()

    def _say(self, value: object, say: Callable[[Any], None]) -> None:
        say(f"{type(value).__module__}.{type(value).__qualname__}(".encode())
        if isinstance(value, Volume):
            say(self._image(value))
        elif isinstance(value, Case):
            for part in (value.ct, value.spine, value.phantom, value.tissues):
                self._say(part, say)
        elif isinstance(value, np.ndarray | np.generic):
            _say_array(np.asarray(value), say)
        elif isinstance(value, tuple | list):
            for one in value:
                self._say(one, say)
        elif isinstance(value, Mapping):
            for key, one in value.items():
                self._say((key, one), say)
        elif isinstance(value, set | frozenset):
            for one in sorted(self.digest(part) for part in value):
                say(one)
        elif is_dataclass(value) and not isinstance(value, type):
            for name in [field.name for field in fields(value)]:
                say(name.encode())
                self._say(getattr(value, name), say)
        else:
            say(_plain(value))
        say(b")")

    def _image(self, image: Volume) -> bytes:
        """Images are large and cannot be written to: each is read once."""
        known = self._images.get(id(image))
        if known is None:
            said = hashlib.blake2b(digest_size=20)
            for array in (image.values, image.affine_mm):
                _say_array(array, said.update)
            said.update(image.quantity.name.encode())
            known = image, said.digest()
            self._images[id(image)] = known  # holds the image, so that nothing else gets its place
            if len(self._images) > IMAGES:
                self._images.popitem(last=False)
        return known[1]


NOTHING_KEPT = Memory(0)


def _say_array(array: AnyArray, say: Callable[[Any], None]) -> None:
    if array.dtype.hasobject:
        raise HouseFault("An array of objects has no content that could be told.")
    say(f"{array.dtype.str}{array.shape}".encode())
    say(np.ascontiguousarray(array).data)


def _plain(value: object) -> bytes:
    if isinstance(value, Enum):
        return value.name.encode()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | date | Path):
        return repr(value).encode()
    name = getattr(value, "__qualname__", "<")
    if callable(value) and "<" not in name and not isinstance(value, MethodType):  # holds its object too
        return f"{value.__module__}.{name}".encode()
    raise HouseFault(f"What a {type(value).__qualname__} holds cannot be told.")


def size_of(value: object) -> int:
    """Bytes of all arrays in a result, each counted once."""
    seen: set[int] = set()
    total, left = 0, [value]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            total += _owner(one, seen)
        elif isinstance(one, tuple | list):
            left.extend(one)
        elif isinstance(one, Mapping):
            left.extend(one.values())
        elif is_dataclass(one) and not isinstance(one, type):
            left.extend(getattr(one, part.name) for part in fields(one))
        total += OVERHEAD_BYTES
    return total


def _owner(array: AnyArray, seen: set[int]) -> int:
    """Bytes of the memory behind an array, if it was not counted yet."""
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    if base is not array and id(base) in seen:
        return 0
    seen.add(id(base))
    return int(base.nbytes)
