"""Judging on the command line: python -m stereopsis.imagine.judge --help."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from stereopsis.errors import OptionError
from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.judge.area import FLOOR, check_floor
from stereopsis.imagine.judge.arm import read_arm
from stereopsis.imagine.judge.attack import attack
from stereopsis.imagine.judge.backbone import BackboneConfig, BackboneName
from stereopsis.imagine.judge.command import (
    bar,
    own_commit,
    parse_arms,
    parse_claim,
    read_prompts,
    second_run,
)
from stereopsis.imagine.judge.draw import draw_folder
from stereopsis.imagine.judge.fit import JudgeConfig, TrainingSet, fit_judge
from stereopsis.imagine.judge.human import read_human_votes
from stereopsis.imagine.judge.judge import (
    JudgeFacts,
    ReportingJudge,
    Role,
    SelectionJudge,
    check_new,
)
from stereopsis.imagine.judge.judge_file import judge_to_bytes, read_any_judge, read_judge
from stereopsis.imagine.judge.labelled import SIDE, read_labelled
from stereopsis.imagine.judge.matcher import MatcherConfig, fit_matcher
from stereopsis.imagine.judge.matcher_file import matcher_to_bytes, open_matcher
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.judge.prompts import draw_prompts
from stereopsis.imagine.judge.registration import (
    Registration,
    check_unregistered,
    read_registration,
    registration_to_json,
)
from stereopsis.imagine.judge.report import Grounds, make_report
from stereopsis.imagine.judge.report_text import attack_lines, to_json, to_markdown
from stereopsis.imagine.judge.sheet import arms_sheet, claims_chart
from stereopsis.imagine.judge.through import draw_again
from stereopsis.imagine.judge.words import TextName
from stereopsis.imagine.models.generator import MOST_STEPS
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.sources import parse_without
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.mono import check_device

app = typer.Typer(
    help="Judges pictures: fits judges, attacks them, and reports what they say.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Sources = Annotated[list[Path], typer.Argument(help="Folders, lists or shards of pictures.")]
Out = Annotated[Path, typer.Option("--output", "-o", help="What to write.")]
Registered = Annotated[Path, typer.Argument(help="A registration, .json.")]
Through = Annotated[
    str | None, typer.Option(help="The model that drew: targets are what it returns of them.")
]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
Side = Annotated[int, typer.Option(min=32, help="px, to which pictures are brought.")]


@app.command()
def fit(
    inputs: Sources,
    output: Out,
    role: Annotated[Role, typer.Option(help="What the judge is for.")],
    backbone: Annotated[BackboneName, typer.Option(help="What it stands on.")] = "lite0",
    label: Annotated[str, typer.Option(help="The column that tells needles.")] = "wanted",
    other: Annotated[Path | None, typer.Option(help="The judge of the other role.")] = None,
    copies: Annotated[int, typer.Option(min=0, help="Disturbed copies of each.")] = 6,
    held_out: Annotated[int, typer.Option(min=2, help="One concept in so many measures it.")] = 4,
    floor: Annotated[float, typer.Option(help="Least area under the curve.")] = FLOOR,
    through: Annotated[
        str | None,
        typer.Option(help="A model: also fit on what it draws again, at its side."),
    ] = None,
    device: Device = "cpu",
    side: Side = SIDE,
) -> None:
    """Fit a judge on needles and hay."""
    check_device(device)
    prepare_file(output, ".npz")
    model = open_generator(through, device=device) if through is not None else None
    labelled = read_labelled(inputs, Columns(wanted=label), model.side if model else side)
    config = JudgeConfig(BackboneConfig(backbone), copies=copies, held_out=held_out)
    source = ", ".join(path.name for path in inputs)
    training = TrainingSet(labelled)
    if model is not None:
        with bar("drawing again") as progress:
            training = draw_again(labelled, model, progress)
        source = f"{source}, also as a model draws them again"
    facts = JudgeFacts(source, 0, 0, 0, 0.0, own_commit())
    known = read_any_judge(other) if other is not None else None
    kind = SelectionJudge if role == "selection" else ReportingJudge
    with bar("looking") as progress:
        judge = fit_judge(kind, training, config, facts, known, progress)  # type: ignore[type-var]
    check_floor(judge.area, floor)
    write_all({output: judge_to_bytes(judge)}, inputs)
    area = {name: round(value, 4) for name, value in vars(judge.area).items()}
    area |= {
        f"area_again_{name}": round(value, 4) for name, value in judge.facts.areas_again.items()
    }
    sys.stdout.write(json.dumps({"role": role, **area, "left_out": len(labelled.left_out)}) + "\n")


@app.command()
def match(
    inputs: Sources,
    output: Out,
    backbone: Annotated[BackboneName, typer.Option(help="What looks.")] = "lite0",
    text: Annotated[TextName, typer.Option(help="What is read of it.")] = "both",
    caption: Annotated[str, typer.Option(help="The column of captions.")] = "caption",
    side: Side = SIDE,
) -> None:
    """Fit a matcher, which tells how well a text fits a picture, on captioned pictures."""
    prepare_file(output, ".npz")
    found = read_captioned(inputs, side, Columns(caption=caption))
    config = MatcherConfig(BackboneConfig(backbone), text)
    matcher = fit_matcher(found.pictures, found.captions, config)
    write_all({output: matcher_to_bytes(matcher)}, inputs)
    told = {"pictures": len(found), "left_out": len(found.left_out)}
    sys.stdout.write(json.dumps(told) + "\n")


@app.command("prompts")
def choose_prompts(
    inputs: Sources,
    output: Out,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 120,
    label: Annotated[str, typer.Option(help="The column that tells needles.")] = "wanted",
    unseen_by: Annotated[
        list[Path] | None, typer.Option(help="A judge whose own concepts are not drawn.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Rows to pass over: COLUMN=VALUE.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    side: Side = SIDE,
) -> None:
    """Draw concepts at random, to be registered as prompts."""
    keep = parse_without(without or [])
    judges = [read_any_judge(path) for path in unseen_by or []]
    labelled = read_labelled(inputs, Columns(wanted=label), side, keep=keep)
    drawn = draw_prompts(labelled, count, judges, seed)
    write_all({output: "".join(f"{each}\n" for each in drawn).encode()}, inputs)


@app.command()
def register(
    prompts: Annotated[Path, typer.Argument(help="One prompt a line; after a tab, its concept.")],
    output: Out,
    title: Annotated[str, typer.Option(help="Of the report.")],
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each prompt, from 0.")] = 4,
    steps: Annotated[int, typer.Option(min=1, max=MOST_STEPS, help="Of the sampler.")] = 25,
    guidance: Annotated[float, typer.Option(help="Of the sampler.")] = 3.0,
    claim: Annotated[
        list[str] | None, typer.Option(help="OURS>THEIRS, or OURS>THEIRS:0.85:0.75.")
    ] = None,
) -> None:
    """Fix prompts, seeds and claims before the run; commit what this writes."""
    prepare_file(output, ".json")
    texts, concepts = read_prompts(prompts)
    claims = tuple(map(parse_claim, claim or []))
    given = Registration(
        title, texts, tuple(range(seeds)), claims, steps, guidance, concepts=concepts
    )
    check_unregistered(output, given)
    write_all({output: registration_to_json(given).encode()}, [prompts])
    typer.echo(f"{output}: {len(texts)} prompts, {seeds} seeds, hash {given.digest}", err=True)


@app.command()
def draw(
    registration: Registered,
    model: Annotated[str, typer.Argument(help="A generator's folder, or its hub ID.")],
    output: Out,
    again: Annotated[bool, typer.Option("--again", help="With other seeds, for attacks.")] = False,
    device: Device = "cpu",
) -> None:
    """Draw every registered prompt with every seed; what the folder holds is not drawn again."""
    check_device(device)
    given = second_run(read_registration(registration), again)
    prepare_folder(output)
    generator = open_generator(model, device=device)
    with bar("drawing") as progress:
        draw_folder(generator, given, output, progress)


@app.command("attack")
def attack_judge(
    registration: Registered,
    judge: Annotated[Path, typer.Option(help="A judge of either role.")],
    base: Annotated[Path, typer.Option(help="Drawn by a model without the target look.")],
    again: Annotated[Path, typer.Option(help="Drawn by it with --again.")],
    targets: Annotated[list[Path], typer.Option(help="Pictures of the target look.")],
    through: Through = None,
    device: Device = "cpu",
) -> None:
    """Attack a judge; ends with 2 if an attack succeeds."""
    check_device(device)
    given, opened = read_registration(registration), read_any_judge(judge)
    own, other = read_arm(base, given), read_arm(again, second_run(given, True))
    anchors = read_captioned(targets, own.pictures.shape[1], needs_caption=False)
    check_new(anchors.hashes, opened)
    drawn = _as_drawn(anchors.pictures, through, device)
    found = attack(opened, own, other, drawn, given.thresholds)
    sys.stdout.write("\n".join(attack_lines(found)) + "\n")
    if failed := [each.name for each in found if not each.passed]:
        raise OptionError(
            f"The judge fell for: {', '.join(failed)}.", "Fit it with more --copies, or anew."
        )


@app.command()
def report(
    registration: Registered,
    arms: Annotated[list[str], typer.Argument(help="NAME=FOLDER of each arm, as drawn.")],
    output: Out,
    judge: Annotated[Path, typer.Option(help="A reporting judge.")],
    matcher: Annotated[str, typer.Option(help="A matcher's .npz, or a CLIP's folder or ID.")],
    targets: Annotated[list[Path], typer.Option(help="The tuning pictures.")],
    base: Annotated[str, typer.Option(help="The pre-trained arm's name.")],
    again: Annotated[Path, typer.Option(help="It, drawn with --again.")],
    through: Through = None,
    votes: Annotated[Path | None, typer.Option(help="A store of votes, or its export.")] = None,
    device: Device = "cpu",
) -> None:
    """Report on registered arms: report.md, report.json, arms.png and claims.png."""
    check_device(device)
    given = read_registration(registration)
    prepare_folder(output)
    drawn = {name: read_arm(folder, given) for name, folder in parse_arms(arms).items()}
    side = next(iter(drawn.values())).pictures.shape[1]
    opened = read_judge(judge, ReportingJudge)
    tuned_on = read_captioned(targets, side, needs_caption=False)
    check_new(tuned_on.hashes, opened)
    grounds = Grounds(
        judge=opened,
        matcher=open_matcher(matcher),
        targets=_as_drawn(tuned_on.pictures, through, device),
        base=base,
        again=read_arm(again, second_run(given, True)),
        votes=read_human_votes(votes),
    )
    made = make_report(given, drawn, grounds)
    files = {
        output / "report.md": to_markdown(made).encode(),
        output / "report.json": to_json(made).encode(),
        output / "arms.png": arms_sheet(drawn),
    }
    if made.claims:
        files[output / "claims.png"] = claims_chart(made.claims)
    write_all(files)
    typer.echo(f"{made.votes.counted}. See {output / 'report.md'}", err=True)


def _as_drawn(pictures: Pictures, through: str | None, device: str) -> Pictures:
    """The pictures, as a model gives them back if one is named."""
    if through is None:
        return pictures
    return open_generator(through, device=device).as_drawn(pictures)


if __name__ == "__main__":
    run_command(app)
