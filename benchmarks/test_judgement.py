"""How long one full judgement takes (316 rules, every body, both procedures), and the table of what-ifs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "guidelines"))


@pytest.fixture(scope="module")
def facts() -> Any:
    from patients import CLEAR_CANDIDATE, facts_from

    return facts_from(CLEAR_CANDIDATE)


def test_one_full_judgement(benchmark: Any, facts: Any) -> None:
    """Bound: 5 ms."""
    from vertebro.guidelines.decision import decide
    from vertebro.vocabulary.levels import Level

    made = benchmark(decide, facts, Level.T12)
    assert len(made) == 2
    benchmark.extra_info["verdicts"] = json.dumps([len(decision.verdicts) for decision in made])


def test_the_table_of_what_ifs(benchmark: Any, facts: Any) -> None:
    """Bound: it appears at once."""
    from vertebro.guidelines.what_if import boundaries
    from vertebro.vocabulary.levels import Level

    assert benchmark(boundaries, facts, Level.T12)
