"""The tables of docs/evidence.md are worked out anew: every line of them must stand on the page.

``python tests/evidence/test_docs.py`` prints the lines, to paste after a change of data or method.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vertebro.evidence.counts import IntervalMethod
from vertebro.evidence.effects import Comparison, effects, left_out
from vertebro.evidence.harm_types import Harm
from vertebro.evidence.harms import harms_for
from vertebro.evidence.trials import from_memory
from vertebro.kernels import effect_sizes as sizes
from vertebro.kernels.pooling import mantel_haenszel, pool, tau2_interval
from vertebro.report.evidence_words import MINUS, digits_of, estimate_in_words, number, time_in_words
from vertebro.report.forest import forest
from vertebro.vocabulary.procedures import Procedure

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "papers" / "data"
PAGE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
PLOT = ROOT / "docs" / "pictures" / "forest_pain_sham.svg"


def columns(name: str, *names: str) -> np.ndarray:
    rows = csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines())
    return np.array([[float(r[n]) for n in names] for r in rows])


def four(*values: float) -> str:
    told = [number(v, 4) for v in values]
    return told[0] + (f" ({told[1]} to {told[2]})" if len(told) == 3 else "")


def reference() -> Iterator[str]:
    """Printed by metafor, and ours."""
    counts = columns("bcg.csv", "vacc_pos", "vacc_neg", "ctrl_pos", "ctrl_neg")
    tables = np.column_stack([counts[:, 0], counts[:, :2].sum(1), counts[:, 2], counts[:, 2:].sum(1)])
    rr, odds = sizes.log_risk_ratio(tables), sizes.log_odds_ratio(tables)
    fixed, dl, ml = pool(*rr, "fixed"), pool(*rr, "DL"), pool(*odds, "ML")
    arms = [columns("stroke_los.csv", f"n{i}", f"mean{i}", f"sd{i}") for i in (1, 2)]
    stay = sizes.mean_difference(*arms, pooled_sd=True)
    teacher = pool(*columns("teacher_expectancy.csv", "yi", "vi").T, "REML")
    stroke = {m: pool(*stay, m) for m in ("fixed", "DL", "REML")}
    mh = {m: mantel_haenszel(tables, m).estimate for m in ("RR", "OR", "RD")}
    rows = [
        ("BCG, log RR, fixed", "−0.4303 (−0.5097 to −0.3509)", four(fixed.estimate, *fixed.wald())),
        ("BCG, Q", "152.233", number(fixed.q, 3)),
        ("BCG, log RR, DerSimonian-Laird", "−0.7141 (−1.0644 to −0.3638)", four(dl.estimate, *dl.wald())),
        ("BCG, tau², DerSimonian-Laird", "0.3088", four(dl.tau2)),
        ("BCG, I²", "92.12", number(dl.i2_pct, 2)),
        ("BCG, log RR, Mantel-Haenszel", "−0.4537", four(mh["RR"])),
        ("BCG, log OR, Mantel-Haenszel", "−0.4734", four(mh["OR"])),
        ("BCG, RD, Mantel-Haenszel", "−0.0033", four(mh["RD"])),
        ("BCG, log OR, Peto", "−0.4744", four(pool(*sizes.peto(tables), "fixed").estimate)),
        ("BCG, OR, ML", "0.4762 (0.3360 to 0.6749)", four(*np.exp([ml.estimate, *ml.wald()]))),
        ("BCG, tau², ML", "0.3025", four(ml.tau2)),
        ("BCG, OR, ML, Knapp-Hartung", "0.3175 to 0.7141", _to(np.exp(ml.knapp_hartung()))),
        ("BCG, tau², Q-profile", "0.1302 to 1.1812", _to(tau2_interval(*odds))),
        ("stroke, days, fixed", "−3.4939", four(stroke["fixed"].estimate)),
        ("stroke, days, DerSimonian-Laird", "−14.0972 (−24.4454 to −3.7490)", _whole(stroke["DL"])),
        ("stroke, tau², DerSimonian-Laird", "218.72", number(stroke["DL"].tau2, 2)),
        ("stroke, days, REML", "−15.1217 (−32.6716 to 2.4282)", _whole(stroke["REML"])),
        ("stroke, tau², REML", "685.20", number(stroke["REML"].tau2, 2)),
        ("teachers, REML", "0.0837", four(teacher.estimate)),
        ("teachers, tau², REML", "0.0188", four(teacher.tau2)),
        ("teachers, Knapp-Hartung", "−0.0457 to 0.2131", _to(teacher.knapp_hartung())),
        ("teachers, prediction", "−0.2036 to 0.3711", _to(teacher.prediction())),
    ]
    for name, printed, ours in rows:
        yield f"| {name} | {printed} | {ours} |"


def _whole(found) -> str:
    return four(found.estimate, *found.wald())


def _to(ends) -> str:
    return " to ".join(number(float(e), 4) for e in ends)


def sham() -> Iterator[str]:
    """Pain against sham at each time with every interval."""
    for effect in effects(Procedure.VERTEBROPLASTY, Comparison.SHAM):
        if effect.scale != "pain 0-10":
            continue
        by = {i.method: f"{number(i.low)} to {number(i.high)}" for i in effect.intervals}
        own = by.get(IntervalMethod.WALD) or by.get(IntervalMethod.PRINTED)
        more = [by.get(m, "–") for m in (IntervalMethod.KNAPP_HARTUNG, IntervalMethod.MODIFIED_KNAPP_HARTUNG)]
        names = ", ".join(t.name for t in effect.trials)
        cells = (time_in_words(effect.time_days), names, effect.patients, number(effect.estimate), own, *more)
        yield "| " + " | ".join(map(str, (*cells, effect.certainty.grade.value))) + " |"


def other_effects() -> Iterator[str]:
    """Every other effect that is verified, with the interval shown first."""
    seen = set()
    for procedure in Procedure:
        for versus in Comparison:
            for e in effects(procedure, versus):
                if e in seen or (versus is Comparison.SHAM and e.scale == "pain 0-10"):
                    continue
                seen.add(e)
                what = estimate_in_words(e.estimate, e.interval.low, e.interval.high, digits_of(e))
                time = time_in_words(e.time_days, e.over_time)
                cells = (e.procedure.value, versus.value, e.scale, time, what, e.certainty.grade.value)
                yield "| " + " | ".join(cells) + " |"


def harms() -> Iterator[str]:
    """Every count of a harm."""
    for procedure in Procedure:
        for harm in harms_for({}, procedure):
            if isinstance(harm, Harm):
                low, high = (number(100 * end, 2) for end in (harm.interval.low, harm.interval.high))
                cells = (harm.heading.value, procedure.value, harm.label, harm.count, f"{low} to {high} %")
                yield "| " + " | ".join(map(str, (*cells, harm.detection.value, harm.symptoms.value))) + " |"
            else:
                yield f"| {harm.heading.value} | {procedure.value} | {harm.why} | – | – | – | – |"


def missing() -> Iterator[str]:
    """What is found but not pooled."""
    for versus in Comparison:
        for f in left_out(Procedure.VERTEBROPLASTY, versus):
            yield f"| {f.trial.name} | {f.scale.name} | {time_in_words(f.time_days)} | {f.why_not} |"


def test_every_line_of_the_tables_is_what_the_program_gives() -> None:
    for table in (reference, sham, other_effects, harms, missing):
        lines = list(dict.fromkeys(table()))
        assert lines
        for line in lines:
            assert line in PAGE, f"docs/evidence.md lacks: {line}"


def test_printed_and_ours_agree_to_the_last_digit() -> None:
    for line in reference():
        _, _, printed, ours, _ = (cell.strip() for cell in line.split("|"))
        for one, two in zip(_numbers(printed), _numbers(ours), strict=True):
            assert abs(one - two) <= (2e-4 if "prediction" in line else 1.0001e-4)


def _numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.\d+", text.replace(MINUS, "-"))]


def test_the_page_says_how_many_rows_wait_to_be_read() -> None:
    assert f"{len(from_memory())} rows" in PAGE


def plot() -> str:
    found = effects(Procedure.VERTEBROPLASTY, Comparison.SHAM)
    return forest([e for e in found if e.scale == "pain 0-10"]) + "\n"


def test_the_plot_on_the_page_is_the_programs() -> None:
    assert PLOT.read_text(encoding="utf-8") == plot(), "draw it again: python tests/evidence/test_docs.py"


if __name__ == "__main__":
    PLOT.write_text(plot(), encoding="utf-8")
    for table in (reference, sham, other_effects, harms, missing):
        print(f"\n{table.__doc__}", *dict.fromkeys(table()), sep="\n")
