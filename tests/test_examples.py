"""Every example of the docs runs, holds what it asserts, and stays short; the README shows the first."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_example(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "assert" in text, "an example shows a number that is checked"
    runpy.run_path(str(path), run_name="__main__")


def test_the_readme_tells_the_story_as_it_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    story = (ROOT / "docs" / "examples" / "story.py").read_text(encoding="utf-8")
    shown = story.partition('"""\n\n')[2].partition("\nassert ")[0].strip()
    assert shown in readme


def test_the_readme_shows_the_command_line_that_there_is() -> None:
    from vertebro.interfaces.cli import app

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"vertebro {command.callback.__name__}" in readme


def test_pictures_and_pages_that_are_linked_exist() -> None:
    import re

    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.slow
def test_the_docs_build_without_a_broken_link(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path / "site")]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "case" / "index.html").exists()
