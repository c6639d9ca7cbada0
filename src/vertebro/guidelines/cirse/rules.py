"""CIRSE 2017: its indications and contraindications are not in free text, so it has no rule here.

Only the abstract could be read. A criterion from memory is never shown as a rule or a number.
"""

from __future__ import annotations

from vertebro.guidelines.body import Answer, Body, Outcomes, Statement


def answer(_: Outcomes, __: object) -> Answer:
    """No side for any patient: the criteria were not verified."""
    return Answer(None, "not_verified")


STATEMENTS = (
    Statement("benefit", "aims", "cirse_2017", "abstract", {}),
    Statement("timing", "time", "cirse_2017", "body of the guideline, not readable", {}),
)

body = Body(criteria=(), answer=answer, file=__file__, statements=STATEMENTS)
