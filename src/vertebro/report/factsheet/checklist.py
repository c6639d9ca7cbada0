"""The seventeen points a decision aid for these procedures has to keep, each a named check of the sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vertebro.evidence.one_table import ONE_DENOMINATOR
from vertebro.report.factsheet.blocks import Block, Box, Drawn, Points, Rates, Section, Sheet, Times, Works
from vertebro.report.factsheet.words import say, sheet_texts
from vertebro.report.plain_language import Check, Outcome, Side, language_checks
from vertebro.vocabulary.texts import Texts, texts

OPTIONS = ("what", "benefits", "harms", "options", "during", "after")
ORDER = (
    "what",
    "who",
    "not_for",
    "before",
    "during",
    "after",
    "benefits",
    "harms",
    "long_term",
    "anaesthetic",
)
ORDER_END = ("options", "ask", "matters", "decides")
PERSONAL = ("you", "tried")
RECORDED = ("date", "update", "funding", "source")

Rule = Callable[[Sheet, dict[str, Check]], tuple[Outcome, str]]


def checks_of(sheet: Sheet) -> tuple[Check, ...]:
    """The rules of plain language, then the seventeen points, each kept, broken or open."""
    language = language_checks(sheet.passages())
    by_key = {check.key: check for check in language}
    points = []
    for key, rule in POINTS.items():
        outcome, found = rule(sheet, by_key)
        points.append(Check(key, _say(f"asks.{key}"), outcome, found))
    return (*language, *points)


def broken(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks that the sheet does not keep."""
    return tuple(check for check in checks if check.outcome is Outcome.BROKEN)


def _has_options(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    return _all({key: bool(_section(sheet, key)) for key in OPTIONS})


def _balanced(_: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    return _as(language["balance"])


def _dated(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    works = [block for block in _blocks(sheet) if isinstance(block, Works)]
    said = _text(sheet, "about")
    return _all({"works": bool(works), **{key: _say(f"concept.{key}") in said for key in RECORDED}})


def _uncertain(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    rates = [rate for block in _blocks(sheet) if isinstance(block, Rates) for rate in block.rates]
    bare = [rate.label for rate in rates if not (rate.spread or rate.why_none)]
    cells = [c for block in _blocks(sheet) if isinstance(block, Times) for row in block.rows for c in row[1:]]
    bare += [cell for cell in cells if any(s.isdigit() for s in cell) and _say("concept.range") not in cell]
    return _none(bare)


def _both_framings(sheet: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    rates = [rate for block in _blocks(sheet) if isinstance(block, Rates) for rate in block.rates]
    wrong = [r.label for r in rates if r.will and int(r.rest) + r.will != ONE_DENOMINATOR]
    return _none(wrong) if language["one_denominator"].kept else _as(language["one_denominator"])


def _by_the_standards(sheet: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    """The qualifying and certifying items for treatments [legare_2016_ipdas]_; open if all are kept."""
    works = any(isinstance(block, Works) for block in _blocks(sheet))
    options = _section(sheet, "options")
    sides = {block.side for block in options.blocks if isinstance(block, Points)} if options else set()
    what, about = _text(sheet, "what"), _text(sheet, "about")
    found = {
        "1.1.1": _say("concept.condition") in what,
        "1.1.2": _say("concept.decision") in what,
        "1.1.3": bool(_section(sheet, "what") and options),
        "1.1.4": bool(_section(sheet, "benefits")) and Side.GOOD in sides,
        "1.1.5": bool(_section(sheet, "harms")) and Side.BAD in sides,
        "1.2.1": bool(_section(sheet, "during") and _section(sheet, "after")),
        "2.1.1": language["balance"].kept,
        "2.2.1": works,
        "2.2.2": _say("concept.date") in about,
        "2.2.3": _say("concept.update") in about,
        "2.2.4": _uncertain(sheet, language)[0] is Outcome.KEPT,
        "2.3.1": _say("concept.funding") in about,
    }
    missing = [item for item, kept in found.items() if not kept]
    return _none(missing) if missing else (Outcome.OPEN, _say("found.ipdas", items=len(found)))


def _readable(_: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    return _worst(language["grade"], language["smog"])


def _short(sheet: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    if sheet.sections[0].key != "glance":
        return Outcome.BROKEN, sheet.sections[0].heading
    return _worst(language["mean_sentence"], language["longest_sentence"])


def _reviewed(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    said = _say("concept.not_tested") in _text(sheet, "about")
    return (Outcome.OPEN, _say("found.not_tested")) if said else (Outcome.BROKEN, _say("found.not_said"))


def _natural(sheet: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    if not any(isinstance(block, Drawn) for block in _blocks(sheet)):
        return Outcome.BROKEN, _say("found.no_picture")
    return _worst(language["decimals"], language["one_in_x"])


def _with_numbers(_: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    return _as(language["loaded_words"])


def _values_asked(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    ticked = any(isinstance(block, Points) and block.boxes for block in _blocks(sheet))
    asked = _section(sheet, "ask")
    questions = asked is not None and all(p.text.endswith("?") for p in asked.passages())
    return _all({"matters": ticked, "ask": questions})


def _ordered(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    keys = [section.key for section in sheet.sections]
    wanted = (*ORDER, *ORDER_END)
    if not set(wanted) <= set(keys):
        return _all({key: key in keys for key in wanted})
    found = [key for key in keys if key in wanted]
    return (Outcome.KEPT, "") if found == list(wanted) else (Outcome.BROKEN, " ".join(found))


def _accessible(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    pictures = [p for block in _blocks(sheet) if isinstance(block, Drawn) for p in block.pictures]
    return _none([p.title for p in pictures if not p.alt or p.alt not in p.svg])


def _apart(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    """What is personal stands apart from the trials, in sections with a box that calls it an estimate."""
    own = [section for key in PERSONAL if (section := _section(sheet, key)) is not None]
    if not own:
        return Outcome.KEPT, _say("found.not_personal")
    return _none([section.heading for section in own if not _is_called_an_estimate(section)])


def _is_called_an_estimate(section: Section) -> bool:
    boxes = [block for block in section.blocks if isinstance(block, Box)]
    return any(_say("concept.estimate") in box.heading for box in boxes)


def _leaves_choice(sheet: Sheet, language: dict[str, Check]) -> tuple[Outcome, str]:
    if not _section(sheet, "decides"):
        return Outcome.BROKEN, _say("found.not_said")
    return _as(language["pressing_words"])


def _keeps_the_seed(sheet: Sheet, _: dict[str, Check]) -> tuple[Outcome, str]:
    said = " ".join(p.text for p in sheet.passages()).lower()
    headings = [block.heading for block in _blocks(sheet) if isinstance(block, Rates)]
    named = {key: say(key) in headings for key in sheet_texts().under("harms.heads")}
    seed = {key: _say(key).lower().split(" & ") for key in _words().under("seed")}
    return _all(named | {key: all(part in said for part in parts) for key, parts in seed.items()})


POINTS: dict[str, Rule] = {
    "H1": _has_options,
    "H2": _balanced,
    "H3": _dated,
    "H4": _uncertain,
    "H5": _both_framings,
    "H6": _by_the_standards,
    "H7": _readable,
    "H8": _short,
    "H9": _reviewed,
    "H10": _natural,
    "H11": _with_numbers,
    "H12": _values_asked,
    "H13": _ordered,
    "H14": _accessible,
    "H15": _apart,
    "H16": _leaves_choice,
    "H17": _keeps_the_seed,
}


def _section(sheet: Sheet, key: str) -> Section | None:
    return next((section for section in sheet.sections if section.key == key), None)


def _blocks(sheet: Sheet) -> Iterator[Block]:
    return (block for section in sheet.sections for block in section.blocks)


def _text(sheet: Sheet, key: str) -> str:
    section = _section(sheet, key)
    return " ".join(p.text for p in section.passages()) if section else ""


def _all(found: dict[str, bool]) -> tuple[Outcome, str]:
    return _none([key for key, there in found.items() if not there])


def _none(wrong: Sequence[str]) -> tuple[Outcome, str]:
    return (Outcome.BROKEN, _say("found.wrong", list="; ".join(wrong))) if wrong else (Outcome.KEPT, "")


def _as(check: Check) -> tuple[Outcome, str]:
    return check.outcome, check.found


def _worst(*checks: Check) -> tuple[Outcome, str]:
    return next((_as(check) for check in checks if not check.kept), _as(checks[0]))


def _say(key: str, **values: object) -> str:
    return _words().say(key, **values)


def _words() -> Texts:
    return texts(beside=__file__, name="checklist")
