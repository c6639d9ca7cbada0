"""A journal of finished samples, one line each, from which an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias

from vertebro import __version__
from vertebro.errors import BadFile, BadInput
from vertebro.vocabulary.known import Unknown

FORMAT = "vertebro.samples/1"

SHORT = 60  # characters of a value that is still read at a glance

Plain: TypeAlias = dict[str, Any]
"""What one sample gives: names with numbers, words, truth values, lists and mappings of these."""
Result: TypeAlias = Plain | Unknown
"""What one sample gave, or why it gave nothing."""


def as_plain(result: Mapping[str, Any]) -> Plain:
    """The result as it will be read back: JSON data, refused if it holds anything else (or NaN)."""
    plain: Plain = json.loads(json.dumps(result, allow_nan=False))
    return plain


class Journal:
    """Results by sample number in a file of lines, the first of which says what they belong to."""

    def __init__(self, path: Path, seed: int, settings: Mapping[str, Any]) -> None:
        head = {"format": FORMAT, "version": __version__, "seed": seed, "settings": as_plain(settings)}
        self.path, self._head = path, json.dumps(head, sort_keys=True, allow_nan=False) + "\n"
        self._file: IO[str] | None = None

    @contextmanager
    def opened(self) -> Iterator[dict[int, Result]]:
        """What the journal already holds; in the block, ``note`` adds to it."""
        try:
            if self.path.exists() and not self.path.is_file():
                raise _unusable(self.path, "it is not a file")
            found, whole = self._read() if self.path.exists() else ({}, 0)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("r+" if whole else "w", encoding="utf-8", newline="\n")
        except OSError as fault:
            raise _unusable(self.path, fault.strerror or str(fault)) from fault
        with file as self._file:
            file.seek(whole)
            file.truncate()  # half a line, left by a run that was stopped while it wrote
            if not whole:
                self._write(self._head)
            yield found
        self._file = None

    def note(self, number: int, result: Result) -> None:
        """Adds one finished sample; it is on the disk when this returns."""
        said = {"unknown": result.why} if isinstance(result, Unknown) else {"result": result}
        self._write(json.dumps({"sample": number} | said, allow_nan=False) + "\n")

    def _write(self, line: str) -> None:
        assert self._file is not None, "the journal is written inside its block"
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as fault:
            raise _unusable(self.path, fault.strerror or str(fault)) from fault

    def _read(self) -> tuple[dict[int, Result], int]:
        """Results, and how many bytes of whole lines there are."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if not whole:
            if not self._head.encode().startswith(content):
                raise _unusable(self.path, "its first line is not that of a journal")
            return {}, 0
        try:
            head, *lines = content[:whole].decode("utf-8").split("\n")[:-1]
        except UnicodeDecodeError as fault:
            raise _unusable(self.path, "it is not text") from fault
        self._check(head)
        found: dict[int, Result] = {}
        for at, line in enumerate(lines, start=2):
            number, result = self._entry(line, at)
            if found.setdefault(number, result) != result:
                raise _unusable(self.path, f"line {at} gives sample {number} another result than before")
        return found, whole

    def _check(self, head: str) -> None:
        """Refuses the journal of another run, and says what differs."""
        there, here = _parsed(head), json.loads(self._head)
        if not isinstance(there, dict) or there.get("format") != FORMAT:
            raise _unusable(self.path, "its first line is not that of a journal")
        if there == here:
            return
        there_all, here_all = _flat(there), _flat(here)
        differ = [k for k in sorted(there_all | here_all) if there_all.get(k) != here_all.get(k)]
        shown = "; ".join(
            _differing(k, there_all.get(k, "absent"), here_all.get(k, "absent")) for k in differ
        )
        raise BadInput(
            f"The journal {self.path.name} belongs to another run: {shown}.",
            "a journal of the same patient, settings, seed and version",
            "Name another file, or remove this one to begin anew.",
        )

    def _entry(self, line: str, at: int) -> tuple[int, Result]:
        entry = _parsed(line)
        if isinstance(entry, dict) and type(entry.get("sample")) is int and entry["sample"] >= 0:
            if isinstance(entry.get("result"), dict):
                return entry["sample"], entry["result"]
            if isinstance(entry.get("unknown"), str) and entry["unknown"]:
                return entry["sample"], Unknown(entry["unknown"])
        raise _unusable(self.path, f"line {at} is not a sample")


def _parsed(line: str) -> object:
    """The JSON value of a line; None where it is none."""
    try:
        return json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(word: str) -> object:
    """NaN and infinities are never written, so they are never read."""
    raise ValueError(word)


def _flat(tree: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Every leaf by its path, as text."""
    out: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            out |= _flat(value, f"{above}{name}.")
        else:
            out[above + name] = json.dumps(value)
    return out


def _differing(name: str, there: str, here: str) -> str:
    """Both values where a person can read them at a glance, else only that they differ."""
    long = max(len(there), len(here)) > SHORT
    return f"{name} differs" if long else f"{name} is {there} there, {here} here"


def _unusable(path: Path, why: str) -> BadFile:
    return BadFile(
        f"The journal {path} cannot be used: {why}.",
        "a journal written by vertebro, or a place for a new one",
        "Name another file, or remove this one to begin anew.",
    )
