"""Odd things at a path end in words: too long a name, a loop of links, a pipe that nobody writes into."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vertebro.errors import BadFile
from vertebro.formats.casefile import read_case
from vertebro.formats.dicom import read_series
from vertebro.formats.nifti import read_nifti
from vertebro.formats.places import is_folder
from vertebro.formats.seg import read_seg
from vertebro.formats.writing import writing
from vertebro.vocabulary.grades import Quantity

READERS: list[Callable[[Path], object]] = [
    read_case,
    read_series,
    read_seg,
    lambda path: read_nifti(path, Quantity.LABEL),
]


def test_folders_and_files_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x")
    assert is_folder(tmp_path)
    assert not is_folder(file)


@pytest.mark.parametrize("read", READERS)
def test_what_cannot_be_looked_at_is_refused(read: Callable[[Path], object], tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe.nii", tmp_path / "loop.nii"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    for path in (pipe, loop, tmp_path / ("a" * 3000), tmp_path / "none.nii", pipe / "below.nii"):
        with pytest.raises(BadFile):
            read(path)


def test_the_root_of_the_disk_is_no_place_to_write() -> None:
    with pytest.raises(BadFile, match="root of the disk"), writing(Path("/")):
        pytest.fail("nothing may be begun")
