"""Output that appears whole or not at all: it is made in a hidden folder on the same disk, then moved."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vertebro.errors import BadFile, HouseFault
from vertebro.formats.refusals import refusal

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary place of the same name; what is made there replaces ``path`` when the block succeeds.

    The block makes either a file or a folder. An existing file is replaced whole. In an existing
    folder what has the same name is replaced, and everything else in it stays.
    """
    path = Path(path).absolute()
    if not path.name:
        raise refusal(BadFile, "writing.impossible", path=path, why="it is the root of the disk")
    room = _room_for(path)
    try:
        temporary = room / path.name
        try:
            yield temporary
        except OSError as fault:
            if fault.errno in NO_ROOM:
                raise _cannot_write(path, fault) from fault
            raise
        if not temporary.exists():
            raise HouseFault(f"Nothing was written for {path}.")
        _move_into_place(temporary, path, room)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def set_aside(earlier: Path) -> None:
    """Renames what an earlier run left, so that nobody takes it for this one's."""
    if not earlier.exists():
        return
    number = 1
    while (free := earlier.with_name(f"{earlier.stem}-of-an-earlier-run-{number}{earlier.suffix}")).exists():
        number += 1
    earlier.rename(free)


def make_sure_of_folder(path: Path) -> None:
    """BadFile where a folder could not be written at the end, said before the work begins."""
    path = Path(path).absolute()
    if path.exists() and not path.is_dir():
        raise refusal(BadFile, "writing.other_kind", path=path, here="file", other="folder")
    _make_sure_of_room(path, (path, *path.parents))


def make_sure_of_file(path: Path) -> None:
    """BadFile where a file could not be written at the end, said before the work begins."""
    path = Path(path).absolute()
    if path.is_dir():
        raise refusal(BadFile, "writing.other_kind", path=path, here="folder", other="file")
    _make_sure_of_room(path, path.parents)


def _make_sure_of_room(path: Path, places: Sequence[Path]) -> None:
    """BadFile unless the first of some places that is there is a folder one may write to."""
    above = next(place for place in places if place.exists() or place.is_symlink())
    if not above.is_dir():
        raise refusal(BadFile, "writing.impossible", path=path, why=os.strerror(errno.ENOTDIR))
    if not os.access(above, os.W_OK | os.X_OK):
        raise refusal(BadFile, "writing.impossible", path=path, why=os.strerror(errno.EACCES))


def _room_for(path: Path) -> Path:
    """A hidden folder on the same disk, so that the last step is a rename."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".vertebro-", dir=path if path.is_dir() else path.parent))
    except OSError as fault:
        raise _cannot_write(path, fault) from fault


def _move_into_place(temporary: Path, path: Path, room: Path) -> None:
    if path.exists() and path.is_dir() != temporary.is_dir():
        here, other = ("folder", "file") if path.is_dir() else ("file", "folder")
        raise refusal(BadFile, "writing.other_kind", path=path, here=here, other=other)
    try:
        if path.is_dir():
            _merge(temporary, path, room)
        else:
            os.replace(temporary, path)  # noqa: PTH105 - the one call that is atomic
    except OSError as fault:
        raise _cannot_write(path, fault) from fault


def _merge(made: Path, folder: Path, room: Path) -> None:
    """Every part into its place, or none: what has its name is set aside, what is not ours never moves."""
    before = room / "before"
    before.mkdir()
    with ExitStack() as undo:  # unwound by any fault, Ctrl-C too
        for part in sorted(made.iterdir()):
            place = folder / part.name
            undo.callback(_put_back, place, before / part.name, part)
            if place.exists() or place.is_symlink():
                place.rename(before / part.name)
            part.rename(place)
        undo.pop_all()


def _put_back(place: Path, old: Path, part: Path) -> None:
    if not part.exists() and place.exists():
        place.rename(part)
    if old.exists() or old.is_symlink():
        old.rename(place)


def _cannot_write(path: Path, fault: OSError) -> BadFile:
    return refusal(BadFile, "writing.impossible", path=path, why=fault.strerror or str(fault))
