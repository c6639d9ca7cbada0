"""Output appears whole or not at all."""

from pathlib import Path

import pytest

from vertebro.errors import BadFile, HouseFault
from vertebro.formats.writing import make_sure_of_folder, writing


def everything_in(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    with writing(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("half")
        assert not (tmp_path / "new" / "a.txt").exists()
        temporary.write_text("whole")
    assert everything_in(tmp_path) == {"new/a.txt": "whole"}


def test_after_a_fault_the_old_file_is_as_it_was_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert everything_in(tmp_path) == {"a.txt": "old"}
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_a_folder_replaces_its_own_parts_and_keeps_what_is_not_its_own(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "figures").mkdir(parents=True)
    (out / "figures" / "stale.png").write_text("stale")
    (out / "mine.txt").write_text("mine")
    (out / "report.html").write_text("old")
    with writing(out) as temporary:
        (temporary / "figures").mkdir(parents=True)
        (temporary / "figures" / "new.png").write_text("new")
        (temporary / "report.html").write_text("new")
    assert everything_in(tmp_path) == {
        "out/figures/new.png": "new",
        "out/mine.txt": "mine",
        "out/report.html": "new",
    }


def test_a_folder_that_is_there_is_never_moved_nor_anything_of_others_in_it(tmp_path: Path) -> None:
    """Somebody stands in it, or may write to it and not beside it; their own files stay where they are."""
    out = tmp_path / "out"
    (out / "mine").mkdir(parents=True)
    places = [out.stat().st_ino, (out / "mine").stat().st_ino]
    tmp_path.chmod(0o555)
    try:
        make_sure_of_folder(out)
        with writing(out) as temporary:
            temporary.mkdir()
            (temporary / "report.html").write_text("new")
    finally:
        tmp_path.chmod(0o755)
    assert [out.stat().st_ino, (out / "mine").stat().st_ino] == places
    assert sorted(p.name for p in out.iterdir()) == ["mine", "report.html"]


@pytest.mark.parametrize("stop", [OSError(28, "no room"), KeyboardInterrupt()])
def test_an_end_in_the_midst_of_the_moves_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("a", "b", "mine"):
        (out / name).write_text("old")
    rename, done = Path.rename, []

    def fourth_fails(self: Path, target: Path) -> Path:
        done.append(self)
        if len(done) == 4:
            raise stop
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fourth_fails)
    with pytest.raises((BadFile, KeyboardInterrupt)), writing(out) as temporary:
        temporary.mkdir()
        for name in ("a", "b", "c"):
            (temporary / name).write_text("new")
    assert len(done) > 4 and everything_in(tmp_path) == {"out/a": "old", "out/b": "old", "out/mine": "old"}


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadFile, match="cannot be written"), writing(tmp_path / "file" / "a.txt"):
        pass
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadFile, match="is a folder"), writing(tmp_path / "folder") as temporary:
        temporary.write_text("a file")
    assert (tmp_path / "folder").is_dir()


def test_forgetting_to_write_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(HouseFault), writing(tmp_path / "a.txt"):
        pass
