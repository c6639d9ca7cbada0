"""The pictures of the section on the procedures, in the order of its headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vertebro.patient.case import Case
from vertebro.patient.volume import Volume
from vertebro.procedures.site import site_of
from vertebro.procedures.trajectory import Plan
from vertebro.report.before_after import before_after
from vertebro.report.compare_picture import trade_off_picture
from vertebro.report.figures import Picture
from vertebro.report.heat_chart import heat_chart
from vertebro.report.heat_part import hottest_option
from vertebro.report.inflation_picture import MAGNIFIED, inflation_picture
from vertebro.report.neighbours_part import next_door
from vertebro.report.next_door_chart import next_door_chart
from vertebro.report.plan_picture import PlanScene, plan_picture
from vertebro.report.published_beside import leaks_in_people_pct
from vertebro.report.section_part import capital, say, slug
from vertebro.simulation.compare import Compared
from vertebro.simulation.inflation import Inflation
from vertebro.vocabulary.known import Unknown


def simulation_pictures(compared: Compared, case: Case) -> tuple[Picture, ...]:
    """Every picture that can be drawn; why one cannot be stands in the words of the section."""
    drawn = (
        before_after(compared, case),
        *_trade_off(compared),
        *_plans(compared, case),
        *_balloons(compared),
    )
    drawn = (*drawn, *_next_door(compared), *_heat(compared))
    return tuple(one for one in drawn if isinstance(one, Picture))


def _trade_off(compared: Compared) -> Iterator[Picture]:
    svg = trade_off_picture(compared)
    if not isinstance(svg, Unknown):
        alt = say("trade_off.alt", level=compared.level)
        low, high = (f"{pct:.0f}" for pct in leaks_in_people_pct())
        caption = say("trade_off.caption", low=low, high=high)
        yield Picture("trade_off", say("trade_off.title"), caption, alt, svg)


def _plans(compared: Compared, case: Case) -> Iterator[Picture]:
    plans = {name: plan for name, plan in compared.plans.items() if isinstance(plan, Plan)}
    if not plans or isinstance(case.spine, Unknown):
        return
    site = site_of(case.spine, compared.level, case.ct if isinstance(case.ct, Volume) else None)
    if isinstance(site, Unknown):
        return
    for name, plan in plans.items():
        yield replace(plan_picture(PlanScene(case.ct, case.spine, site, plan)), name=f"plan_{slug(name)}")


def _balloons(compared: Compared) -> Iterator[Picture]:
    for name, played in compared.played.items():
        if isinstance(played.inflation, Inflation):
            words = {"procedure": name, "level": compared.level, "times": f"{MAGNIFIED:g}"}
            title, caption = (say(f"balloon.picture.{part}", **words) for part in ("title", "caption"))
            alt = say("balloon.picture.alt", **words, why=played.inflation.why)
            yield Picture(f"balloon_{slug(name)}", title, caption, alt, inflation_picture(played.inflation))


def _next_door(compared: Compared) -> Iterator[Picture]:
    chart = next_door_chart(str(compared.level), next_door(compared))
    if not isinstance(chart, Unknown):
        yield chart


def _heat(compared: Compared) -> Iterator[Picture]:
    option = hottest_option(compared)
    if option is not None and not isinstance(option.heat, Unknown):
        chart = heat_chart(str(compared.level), option.heat)
        yield replace(chart, name="heat", caption=capital(say("heat.caption", procedure=option.procedure)))
