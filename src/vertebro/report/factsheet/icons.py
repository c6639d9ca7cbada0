"""Icon arrays: 1000 people as squares in blocks, those it happens to first, by shade, stripe and place."""

from __future__ import annotations

from vertebro.evidence.one_table import ONE_DENOMINATOR
from vertebro.report.factsheet.numbers import Rate
from vertebro.report.factsheet.words import say
from vertebro.report.figures import Picture
from vertebro.report.readable import readable

SIDE, STEP = 8, 10  # a square and its place, in the units of the drawing
GAP = 8  # between blocks of a hundred
PER_BLOCK, BLOCKS_PER_ROW = 10, 5  # ten by ten squares; five blocks beside each other
DARK, STRIPE, LIGHT, RIM = "#0b4a63", "#ffffff", "#ffffff", "#6b7884"


def icon_array(rate: Rate, name: str, title: str, what: str) -> Picture | None:
    """The rate as a picture of 1000 squares; None where there is no number to draw."""
    if rate.will is None:
        return None
    values = {
        "people": ONE_DENOMINATOR,
        "who": rate.who,
        "happens": rate.happens,
        "rest": rate.rest,
        "what": what,
    }
    alt = readable(say("picture.alt", **values))
    return Picture(name, readable(title), say("picture.caption", **values), alt, _svg(rate.will, name, alt))


def _svg(dark: int, name: str, alt: str) -> str:
    places = [_place(n) for n in range(ONE_DENOMINATOR)]
    width = max(x for x, _ in places) + STEP
    height = max(y for _, y in places) + STEP
    squares = f"v{SIDE}h-{SIDE}z"
    happens = "".join(f"M{x} {y}h{SIDE}{squares}" for x, y in places[:dark])
    stripes = "".join(f"M{x} {y + SIDE}l{SIDE}-{SIDE}" for x, y in places[:dark])
    others = "".join(f"M{x} {y}h{SIDE}{squares}" for x, y in places[dark:])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {width + 2} {height + 2}" role="img" '
        f'aria-labelledby="{name}-alt"><title id="{name}-alt">{_escaped(alt)}</title>'
        f'<path d="{others}" fill="{LIGHT}" stroke="{RIM}" stroke-width="0.9"/>'
        f'<path d="{happens}" fill="{DARK}" stroke="{DARK}"/>'
        f'<path d="{stripes}" stroke="{STRIPE}" stroke-width="1.4"/></svg>'
    )


def _place(n: int) -> tuple[int, int]:
    """Where the n-th square lies: block after block, and in a block row after row."""
    block, inside = divmod(n, PER_BLOCK * PER_BLOCK)
    row, column = divmod(inside, PER_BLOCK)
    block_row, block_column = divmod(block, BLOCKS_PER_ROW)
    size = PER_BLOCK * STEP + GAP
    return block_column * size + column * STEP, block_row * size + row * STEP


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
