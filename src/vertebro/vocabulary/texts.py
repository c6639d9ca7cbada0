"""Sentences for people: they live in ``*.<language>.yaml`` once, and numbers enter as placeholders."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from vertebro.errors import HouseFault
from vertebro.vocabulary.own_yaml import own_yaml

LANGUAGE = "en"


class Texts:
    """The sentences of one file: ``texts.say("wait", weeks="8 weeks")``."""

    def __init__(self, sentences: Mapping[str, str], path: Path) -> None:
        self._sentences = sentences
        self._path = path
        self._asked: dict[str, frozenset[str]] = {}

    def say(self, key: str, /, **values: object) -> str:
        """The sentence with its placeholders filled; a missing sentence or value is our fault."""
        try:
            return self._sentences[key].format(**values).strip()
        except KeyError as missing:
            place = self._path.name
            raise HouseFault(f"{place}: sentence '{key}' or its value {missing} is missing.") from None

    def raw(self, key: str) -> str:
        """The sentence as it is written, with its placeholders open."""
        if key not in self._sentences:
            raise HouseFault(f"{self._path.name}: there is no sentence '{key}'.")
        return self._sentences[key].strip()

    def placeholders(self, key: str) -> frozenset[str]:
        """The names a sentence asks for, found once."""
        if key not in self._asked:
            named = string.Formatter().parse(self.raw(key))
            self._asked[key] = frozenset(name for _, name, _, _ in named if name)
        return self._asked[key]

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def under(self, key: str) -> list[str]:
        """The keys that nest below a key, in their order."""
        return [name for name in self._sentences if name.startswith(f"{key}.")]

    def keys(self) -> list[str]:
        """The keys of all sentences."""
        return list(self._sentences)


@cache
def _read(path: Path) -> Texts:
    entries = own_yaml(path) or {}
    flat: dict[str, str] = {}

    def flatten(prefix: str, node: object) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                flatten(f"{prefix}.{key}" if prefix else str(key), value)
        else:
            flat[prefix] = str(node)

    flatten("", entries)
    return Texts(flat, path)


@cache
def texts(beside: str, name: str = "text", language: str = LANGUAGE) -> Texts:
    """The sentences in ``<name>.<language>.yaml`` next to the module that asks; keys nest with dots."""
    path = Path(beside).with_name(f"{name}.{language}.yaml")
    if not path.exists():
        raise HouseFault(f"There is no {path.name} beside {Path(beside).name} (language '{language}').")
    return _read(path)
