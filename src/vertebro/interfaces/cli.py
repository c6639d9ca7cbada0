"""The command line: ``vertebro demo``, ``assess``, ``judge``, ``measure``... Heavy imports wait."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vertebro.errors import BadInput, NotConverged
from vertebro.interfaces.cli_compare import compare
from vertebro.interfaces.cli_options import (
    DONE_IN_PART,
    Case,
    Json,
    LevelName,
    Out,
    Simulate,
    make_sure_of_places,
    not_negative,
)
from vertebro.interfaces.cli_plan import plan
from vertebro.interfaces.cli_simulate import simulate

if TYPE_CHECKING:
    from vertebro.patient.case import Case as RecordCase
    from vertebro.report.assessment import Assessment

FAILED, BAD_INPUT = 1, 2

app = typer.Typer(
    name="vertebro",
    help="From a CT, the MRI finding and a one-page record to a cited individual decision about "
    "vertebroplasty and balloon kyphoplasty. Research software, not a medical device.",
    epilog="Exit codes: 0 done, 1 a check or a solve failed, 2 bad input (said in words), 3 done in part "
    "(images not measured, procedures not simulated).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(plan)
app.command()(simulate)
app.command()(compare)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        from vertebro import __version__

        typer.echo(f"vertebro {__version__}")
        raise typer.Exit


@app.command()
def demo(
    out: Out = Path("vertebro-demo"),
    seed: Annotated[int, typer.Option(help="Another seed makes another patient.")] = 1,
    show: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    simulate: Simulate = None,
) -> None:
    """Run the main job on a synthetic patient, written to disk as a hospital would send it."""
    from vertebro.formats.demo import write_demo_case

    make_sure_of_places(out, None)
    not_negative("--seed", seed)
    _say("making the synthetic patient")
    case = write_demo_case(out / "input", seed)
    assessment = _assess(case, out, None, simulate)
    if show:
        typer.launch(str(out / "report.html"))
    _leave(assessment)


@app.command()
def assess(case: Case, out: Out = Path("vertebro-out"), json: Json = None, simulate: Simulate = None) -> None:
    """Measure, judge and report one case: the main job."""
    _leave(_assess(case, out, json, simulate))


@app.command()
def judge(
    record: Annotated[
        Path,
        typer.Argument(
            help="A record or case file (YAML), or a FHIR R4 bundle (.json, .json.gz); images are not read."
        ),
    ],
    level: Annotated[
        str | None, typer.Option(help="The vertebra in question, such as L1, in place of the record's.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FACT=VALUE", help="What if this fact were so? May be given often."),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Also list every rule with its answer.")] = False,
    json: Json = None,
) -> None:
    """The decision from the clinical record alone, with every rule and its source."""
    from vertebro.assess import assess as assess_case
    from vertebro.formats.changes import with_changes
    from vertebro.formats.document import document
    from vertebro.report.plain_text import decisions_in_words

    assessment = assess_case(with_changes(_record_case(record, level), change or ()))
    if json:
        _write_json(document(assessment), json)
    if json != "-":
        typer.echo(decisions_in_words(assessment, rules))


@app.command()
def measure(
    case: Annotated[
        Path, typer.Argument(help="A case.yaml, a folder that holds one, or a mask (NIfTI, SEG).")
    ],
    scheme: Annotated[
        str | None, typer.Option(help="Label scheme of a bare mask, such as verse or totalsegmentator.")
    ] = None,
    ct: Annotated[
        Path | None, typer.Option(help="CT (NIfTI or DICOM folder) that belongs to a bare mask.")
    ] = None,
    json: Json = None,
) -> None:
    """Heights, grades, angles, canal and density of every vertebra, each with its spread."""
    from vertebro.formats.casefile import case_of_mask, read_case
    from vertebro.formats.document import findings_document
    from vertebro.fracture.measure import measure as measure_case
    from vertebro.report.plain_text import findings_in_words

    is_mask = case.is_file() and case.suffix not in (".yaml", ".yml")
    _say(f"reading {case}")
    read = case_of_mask(case, scheme, ct) if is_mask else read_case(case)
    _say("measuring the vertebrae")
    findings = measure_case(read)
    if json:
        _write_json(findings_document(read, findings), json)
    if json != "-":
        typer.echo(findings_in_words(findings))


@app.command()
def strength(
    case: Case,
    level: LevelName = None,
    law: Annotated[
        str, typer.Option(help="The material law; each takes its own kind of density.")
    ] = "kopperdahl_young",
    voxel_mm: Annotated[
        float | None, typer.Option("--voxel-mm", help="Edge of the voxels of the model.")
    ] = None,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Stiff plates that hold the bone, in place of cement caps.")
    ] = False,
    linear: Annotated[
        bool, typer.Option("--linear", help="Do not crush the model: faster, without two strengths.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Also draw the curve of the crushed vertebra to this file (.svg).")
    ] = None,
    json: Json = None,
) -> None:
    """Stiffness and strength of one vertebra from its calibrated CT, each definition by its name."""
    from dataclasses import replace

    from vertebro.errors import BadCase
    from vertebro.formats.casefile import read_case
    from vertebro.formats.strength_document import strength_document
    from vertebro.interfaces.strength_drawing import check_picture, draw
    from vertebro.report.strength_words import strength_in_words
    from vertebro.simulation.materials import law_named
    from vertebro.simulation.strength import strength_of
    from vertebro.simulation.voxel_model import Ends, ModelSettings
    from vertebro.vocabulary.known import Unknown
    from vertebro.vocabulary.levels import Level

    ends = Ends.EMBEDDED if embedded else Ends.CAPS
    settings = ModelSettings(law_named(law), crush=not linear, ends=ends)
    settings = replace(settings, voxel_mm=voxel_mm) if voxel_mm is not None else settings
    make_sure_of_places(None, json)
    if picture:
        check_picture(picture, settings)
    _say(f"reading {case}")
    read = read_case(case)
    asked = read.level if level is None else Level.parse(level)
    if isinstance(asked, Unknown):
        raise BadCase(f"No vertebra is named: {asked.why}.", "the level to compute", "Give it: --level L1.")
    found = strength_of(read, asked, settings, _say)
    if json:
        _write_json(strength_document(read.id, found), json)
    if json != "-":
        typer.echo(strength_in_words(found))
    if picture:
        draw(found, picture)


@app.command()
def validate(
    check: Annotated[str, typer.Argument(help="What to check: strength, papers.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the published data; else VERTEBRO_SHARED_DATA.")
    ] = None,
    json: Json = None,
) -> None:
    """Play published checks and print published against ours; exit code 1 if a number differs."""
    from vertebro.interfaces.validation import validate as run_check

    checked = run_check(check, data, _say)
    if json:
        _write_json(checked.document, json)
    if json != "-":
        typer.echo(checked.words)
    if not checked.agrees:
        raise typer.Exit(FAILED)


@app.command()
def explain(
    name: Annotated[
        str, typer.Argument(help="A rule, value, fact or reference; or: rules, values, facts, references.")
    ],
) -> None:
    """Where a rule or number comes from: its sentence, source, place, day checked and test cases."""
    from vertebro.report.explain import explain as explained

    typer.echo(explained(name))


@app.command()
def evidence(
    outcome: Annotated[
        str | None,
        typer.Argument(help="pain, disability, quality-of-life, harms or course; all of them if left out."),
    ] = None,
    versus: Annotated[
        str | None, typer.Option(help="sham, active-control, usual-care or kyphoplasty-v-vertebroplasty.")
    ] = None,
    procedure: Annotated[str | None, typer.Option(help="vertebroplasty or balloon-kyphoplasty.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="A record or FHIR bundle: what changes the harms for this person.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Your own tables (CSV): the pools follow.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Write forest plots (SVG) here.")
    ] = None,
    json: Json = None,
) -> None:
    """Pooled effects with every interval, harms with denominators, and the course without a procedure."""
    from vertebro.evidence.overview import Asked, overview
    from vertebro.formats.evidence_document import evidence_document, write_forests
    from vertebro.guidelines.facts_of import facts_of
    from vertebro.report.evidence_text import evidence_in_words
    from vertebro.vocabulary.known import Unknown

    facts = facts_of(_record_case(record, None), Unknown("no images were asked for")) if record else None
    found = overview(Asked(outcome, versus, procedure, data), facts)
    if out:
        for path in write_forests(found, out):
            _say(f"wrote {path}")
    if json:
        _write_json(evidence_document(found), json)
    if json != "-":
        typer.echo(evidence_in_words(found))


class SheetOf(StrEnum):
    """The procedures that have a factsheet, as people type them."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "kyphoplasty"


@app.command()
def factsheet(
    procedure: Annotated[SheetOf, typer.Argument(help="The procedure to tell of.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the page and the PDF.")] = Path(
        "vertebro-factsheet"
    ),
    checks: Annotated[
        bool, typer.Option("--checks", help="Also list every rule of plain language with its outcome.")
    ] = False,
) -> None:
    """The patient's factsheet of a procedure in plain language, without personal data (HTML and PDF)."""
    from datetime import date

    from vertebro.formats.output import write_general_sheet
    from vertebro.formats.writing import make_sure_of_folder
    from vertebro.vocabulary.procedures import Procedure

    make_sure_of_folder(out)
    written = write_general_sheet(Procedure[procedure.name], date.today(), out)
    for check in written.checks if checks else written.broken:
        typer.echo(str(check))
    typer.echo(f"factsheet: {written.page}, {written.document}")


@app.command()
def questionnaire(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write to FILE, not to standard output."),
    ] = None,
) -> None:
    """The questions of the clinical record as a FHIR R4 Questionnaire, for a hospital's own forms."""
    from vertebro.formats.fhir import fhir_questionnaire

    _write_json(fhir_questionnaire(), str(out) if out else "-")


def _record_case(record: Path, level: str | None) -> RecordCase:
    """The case of a record or bundle about the level that was asked for; what was noticed is said."""
    from dataclasses import replace

    from vertebro.formats.casefile import read_record_case
    from vertebro.formats.fhir import is_fhir, read_fhir_case
    from vertebro.vocabulary.levels import Level

    asked = None if level is None else Level.parse(level)
    if is_fhir(record):
        case = read_fhir_case(record, asked)
        for note in case.notes:
            _say(note)
        return case
    case = read_record_case(record)
    return replace(case, level=asked) if asked else case


def _assess(case: Path, out: Path, json: str | None, simulate: bool | None) -> Assessment:
    from vertebro.assess import assess as assess_case
    from vertebro.formats.casefile import read_case
    from vertebro.formats.document import document
    from vertebro.formats.output import write_output
    from vertebro.report.sentences import after_stance

    make_sure_of_places(out, json)
    _say(f"reading {case}")
    assessment = assess_case(read_case(case), _say, simulate=simulate)
    _say("writing the report")
    report = write_output(assessment, out)
    if json:
        _write_json(document(assessment), json)
    for decision in assessment.decisions:
        stance = decision.stance.value
        headline = after_stance(stance, decision.headline)
        typer.echo(f"{decision.procedure.value}: {stance}. {headline}", err=json == "-")
    typer.echo(f"report: {report}", err=json == "-")
    typer.echo(f"factsheet: {report.with_name('factsheet.html')}", err=json == "-")
    return assessment


def _write_json(data: dict[str, Any], to: str) -> None:
    from vertebro.formats.document import as_json
    from vertebro.formats.writing import writing

    if to == "-":
        typer.echo(as_json(data), nl=False)
        return
    with writing(Path(to)) as temporary:
        temporary.write_text(as_json(data), encoding="utf-8")


def _leave(assessment: Assessment) -> None:
    if assessment.is_partial:
        raise typer.Exit(DONE_IN_PART)


def _say(what: str) -> None:
    typer.echo(f"· {what}", err=True)


def main(arguments: list[str] | None = None) -> None:
    """The door: bad input becomes one clear message and exit code 2."""
    run: Callable[..., Any] = app
    try:
        run(arguments)
    except BadInput as fault:
        typer.echo(f"vertebro: {fault}", err=True)
        sys.exit(BAD_INPUT)
    except NotConverged as fault:
        typer.echo(f"vertebro: {fault}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
