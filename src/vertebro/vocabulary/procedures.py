"""The two procedures with cement that every floor speaks of."""

from __future__ import annotations

from enum import Enum


class Procedure(Enum):
    """What can be done to the vertebra with cement."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "balloon kyphoplasty"
