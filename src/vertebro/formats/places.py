"""What lies at a path that a person gave: a file, a folder, or a refusal in words."""

from __future__ import annotations

import stat
from pathlib import Path

from vertebro.errors import BadFile
from vertebro.formats.refusals import refusal


def is_folder(path: Path) -> bool:
    """True for a folder, False for a file; BadFile for neither, or where one may not look."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise refusal(BadFile, "file.missing", path=path) from fault
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or str(fault)
        raise refusal(BadFile, "file.unreadable", path=path, why=why) from fault
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise refusal(BadFile, "file.unreadable", path=path, why="it is neither a file nor a folder")
    return stat.S_ISDIR(mode)
