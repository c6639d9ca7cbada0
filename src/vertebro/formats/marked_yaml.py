"""YAML as clinicians write it: plain values with the line each stands on, and none of YAML's traps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from vertebro.errors import BadCase, BadFile

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands: ``("record", "pain_nrs")``."""

MOST_BYTES = 256 * 1024  # a one-page record is a few KiB; more than this is another kind of file
DEEPEST = 8  # the case file nests four deep; more is a mistake or an attack
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")  # no octal, no sexagesimal, no endless digits
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}([eE][-+]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: where, what was found, what is allowed, and a hint."""

    line: int
    where: str
    found: str
    allowed: str = ""
    hint: str = ""

    @property
    def in_record(self) -> bool:
        """True if the fault lies in the clinical record."""
        return self.where.startswith("record")

    def __str__(self) -> str:
        said = (
            f"line {self.line}, {self.where}: {self.found}"
            if self.where
            else f"line {self.line}: {self.found}"
        )
        return said + (f"; allowed: {self.allowed}" if self.allowed else "") + f". {self.hint}".rstrip(". ")


@dataclass
class MarkedYaml:
    """The content of a file with the line and the written form of every value."""

    path: Path
    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest part around it that stands in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, place: Place, found: str, allowed: str = "", hint: str = "") -> None:
        """Note one thing that is wrong at a place."""
        where = ".".join(map(str, place))
        self.faults.append(Fault(self.line(place), where, found, allowed, hint))

    def shown(self, place: Place, value: Any) -> str:
        """A value as the person wrote it, for a message."""
        if value is None:
            return "nothing"
        if place in self.written:
            return f"`{self.written[place][:60]}`"
        if isinstance(value, list) and value and not any(isinstance(one, dict | list) for one in value):
            return f"`[{', '.join(map(str, value))[:60]}]`"
        if isinstance(value, dict | list):
            return "fields" if isinstance(value, dict) else "a list"
        return f"`{str(value)[:60]}`"


def read_marked_yaml(path: Path) -> MarkedYaml:
    """The file's content; BadFile where it cannot be read, BadCase where it is not plain YAML."""
    return marked_yaml(_text(path), path)


def marked_yaml(text: str, path: Path) -> MarkedYaml:
    """The content of a text that stands in ``path``; BadCase where it is not plain YAML."""
    marked = MarkedYaml(path)
    try:
        marked.content = _Builder(marked, yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.YAMLError as fault:
        raise _not_yaml(path, fault) from None
    except (ValueError, OverflowError):  # an escape or a directive with an impossible number
        raise BadCase(
            f"{path.name} holds a number or an escape that cannot be read.",
            "plain YAML",
            "Write text without backslash escapes.",
        ) from None
    return marked


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()[: MOST_BYTES + 1]
    except (OSError, ValueError) as fault:
        reason = "there is no such file" if isinstance(fault, FileNotFoundError) else str(fault)
        raise BadFile(
            f"{path} cannot be read: {reason}.",
            "a case file, or a folder with a case.yaml",
            "Check the path.",
        ) from None
    if len(data) > MOST_BYTES:
        raise BadFile(
            f"{path.name} is larger than {MOST_BYTES // 1024} KiB.",
            "a case file of a page or two",
            "Give the case file, not an image.",
        )
    try:
        if b"\0" in data:  # UTF-16 without a mark, or no text at all
            raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), data.index(b"\0") + 1, "a null byte")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadFile(
            f"{path.name} is not UTF-8 text (byte {fault.start}).",
            "a text file in UTF-8",
            "Save the file as UTF-8.",
        ) from None


def _not_yaml(path: Path, fault: yaml.YAMLError) -> BadCase:
    mark = getattr(fault, "problem_mark", None)
    line = f"line {mark.line + 1}: " if mark else ""
    problem = getattr(fault, "problem", None) or "a character that text files do not hold"
    tab = (
        "Use spaces, not tabs, in front of a field." if "\\t" in problem else "Check quotes, colons, indents."
    )
    return BadCase(f"{path.name}, {line}{problem}.", "plain YAML: `field: value`, one on each line", tab)


class _Builder:
    """Builds plain values from YAML events, noting lines and faults; no anchors, tags or depth."""

    def __init__(self, marked: MarkedYaml, events: Iterator[yaml.Event]) -> None:
        self._marked = marked
        self._events = events

    def document(self) -> Any:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                content = self._node(next(self._events), ())
                self._refuse_a_second_document()
                return content
        return None

    def _refuse_a_second_document(self) -> None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise self._stop(event, "a second document begins with ---")

    def _node(self, event: yaml.Event, place: Place) -> Any:
        self._refuse_tricks(event)
        if len(place) > DEEPEST:
            raise self._stop(event, "fields nested too deep")
        self._marked.lines.setdefault(place, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        assert isinstance(event, yaml.ScalarEvent)  # the last kind of node there is
        return self._scalar(event, place)

    def _refuse_tricks(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:  # an alias is a NodeEvent too
            raise self._stop(event, "an anchor or alias (& or *)")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self._stop(event, f"a tag ({tag})")

    def _mapping(self, place: Place) -> dict[str | int, Any]:
        found: dict[str | int, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise self._stop(event, "a field whose name is not a word")
            name = self._key(event)
            twice = name in found
            self._marked.lines[(*place, name)] = _line(event)
            value = self._node(next(self._events), (*place, name))
            if twice:
                self._marked.fault((*place, name), "this field is written twice", hint="Keep one")
            else:
                found[name] = value
        return found

    def _key(self, event: yaml.ScalarEvent) -> str | int:
        self._refuse_tricks(event)
        text = str(event.value)
        if _CONTROL.search(text):
            raise self._stop(event, "a field whose name holds a control character")
        return int(text) if _WHOLE.fullmatch(text) else text

    def _sequence(self, place: Place) -> list[Any]:
        found: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self._node(event, (*place, len(found))))
        return found

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Any:
        text = str(event.value)
        self._marked.written.setdefault(place, text)
        if _CONTROL.search(text):
            self._marked.fault(place, "a control character")
            return ""
        return text if event.style else plain(text)

    def _stop(self, event: yaml.Event, what: str) -> BadCase:
        return BadCase(
            f"{self._marked.path.name}, line {_line(event)}: {what}.",
            "plain YAML: one document of fields, lists and values",
            "Write the value out in full.",
        )


def plain(text: str) -> Any:
    """An unquoted word as a value: true, 3, 2.5, 2026-11-22, nothing, or the word itself."""
    if text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if text in ("", "~", "null"):
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:  # 2026-02-30: not a day, so it stays a word and the field refuses it
            return text
    return text


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
