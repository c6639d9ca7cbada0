"""Numbers, times and names of the evidence in words."""

from __future__ import annotations

from vertebro.evidence.effects import Comparison, Effect, Procedure
from vertebro.vocabulary.texts import texts

MINUS = "−"  # a true minus sign
DAYS_IN_MONTH = 365 / 12


def words(key: str, **values: object) -> str:
    """The sentence of ``forest.en.yaml`` with that key."""
    return texts(beside=__file__, name="forest").say(key, **values)


def number(value: float, digits: int = 2) -> str:
    """``−0.43``: with a true minus, and no sign on what rounds to nought."""
    rounded = round(value, digits) + 0.0
    return f"{rounded:.{digits}f}".replace("-", MINUS)


def digits_of(effect: Effect) -> int:
    """Decimals worth printing on the scale of an effect."""
    return 1 if effect.unit == "percentage points" else 2


def estimate_in_words(estimate: float, low: float, high: float, digits: int = 2) -> str:
    """``0.60 (−0.62 to 1.81)``"""
    return f"{number(estimate, digits)} ({number(low, digits)} to {number(high, digits)})"


def time_in_words(days: int, over_time: bool = False) -> str:
    """``1 day``, ``2 weeks``, ``12 months``; ``average over 24 months``."""
    return words("over", time=_time(days)) if over_time else _time(days)


def _time(days: int) -> str:
    months = round(days / DAYS_IN_MONTH)
    if months >= 1 and days > 27:
        return words("month") if months == 1 else words("months", n=months)
    if days % 7 == 0 and days:
        return words("week") if days == 7 else words("weeks", n=days // 7)
    return words("day") if days == 1 else words("days", n=days)


def title_of(effect: Effect) -> str:
    """``Pain after vertebroplasty against sham (pain 0-10)``"""
    return words("title", heading=heading_of(effect), scale=effect.scale)


def heading_of(effect: Effect) -> str:
    """``Pain after vertebroplasty against sham``"""
    endpoint = effect.endpoint.value.capitalize()
    return words("heading", endpoint=endpoint, procedure=treated_of(effect), versus=control_of(effect))


def control_of(effect: Effect) -> str:
    """What the procedure was compared with, as it stands in a sentence."""
    return words(f"control.{effect.comparison.value}")


def treated_of(effect: Effect) -> str:
    """The procedure that a positive difference speaks for."""
    two = effect.comparison is Comparison.KYPHOPLASTY_V_VERTEBROPLASTY
    return (Procedure.KYPHOPLASTY if two else effect.procedure).value


def trials_in_words(k: int) -> str:
    """``1 trial``, ``3 trials``"""
    return words("trials_one") if k == 1 else words("trials_many", k=k)


def effect_in_words(effect: Effect) -> str:
    """``12 months: 0.60 points (−0.62 to 1.81, modified Knapp-Hartung), 3 trials.``"""
    digits = digits_of(effect)
    return words(
        "line",
        time=time_in_words(effect.time_days, effect.over_time),
        estimate=number(effect.estimate, digits),
        unit=effect.unit,
        low=number(effect.interval.low, digits),
        high=number(effect.interval.high, digits),
        method=effect.interval_method.value,
        trials=trials_in_words(effect.k),
    )
