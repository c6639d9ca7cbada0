"""The main job in Python: a synthetic patient with a wedge fracture of L1, measured and judged."""

from datetime import date

from vertebro.assess import assess
from vertebro.patient.synthetic import Fracture, SyntheticSpec, synthetic_patient
from vertebro.vocabulary.levels import Level

fracture = Fracture.wedge(Level.L1, 33)
patient = synthetic_patient(SyntheticSpec(seed=1, spacing_mm=(1.0, 1.0, 1.0), fractures=(fracture,)))
case = patient.case(date(2026, 11, 22), pain_nrs=8)

assessment = assess(case)

broken = assessment.findings[Level.L1]
print(broken.height_loss.in_words(), "of its height lost:", broken.genant.value)
for decision in assessment.decisions:
    print(f"{decision.procedure.value}: {decision.stance.value}. {decision.headline}")
    for verdict in decision.verdicts:
        print(f"  [{verdict.outcome.value}] {verdict.sentence} ({verdict.source}: {verdict.where})")

assert abs(broken.height_loss.value - patient.truth[Level.L1].height_loss_pct[0]) < 3
assert all(decision.stance.value == "consider" for decision in assessment.decisions)
