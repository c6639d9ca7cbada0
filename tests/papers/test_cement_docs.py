"""The table of temperatures in docs/cement.md is worked out anew: every line of it must stand on the page.

``python tests/papers/test_cement_docs.py`` prints the lines, to paste after a change.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from cemented_body import cemented_body
from vertebro.simulation.heating import LAWS, HeatSettings, heated

PAGE = Path(__file__).parents[2] / "docs" / "cement.md"


def line(ml: float, law: str) -> str:
    field, canal = cemented_body(ml, 2.0)
    found = heated(field, field.regions(canal), HeatSettings(law=law)).regions
    peaks = " | ".join(f"{found[name].peak_celsius:.0f}" for name in ("centre", "cortex", "canal_wall"))
    return f"| {ml:g} mL, {law.capitalize()} | {peaks} | {found['centre'].minutes_over[50]:.1f} |"


@pytest.mark.parametrize("law", list(LAWS))
@pytest.mark.parametrize("ml", [2.0, 4.0, 6.0, 10.0])
def test_the_table_of_temperatures_is_what_the_program_gives(ml: float, law: str) -> None:
    assert line(ml, law) in PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    print("\n".join(line(ml, law) for ml in (2.0, 4.0, 6.0, 10.0) for law in LAWS))
