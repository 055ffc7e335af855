"""The study of quality-tuning: python -m stereopsis.imagine.study --help."""

import math
from pathlib import Path
from typing import Annotated

import torch
import typer

from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.judge.human import read_human_votes
from stereopsis.imagine.judge.judge import ReportingJudge, SelectionJudge
from stereopsis.imagine.judge.judge_file import read_judge
from stereopsis.imagine.judge.matcher_file import open_matcher
from stereopsis.imagine.judge.registration import read_registration
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.sources import parse_without, without_concepts
from stereopsis.imagine.study.materials import Materials, read_picked
from stereopsis.imagine.study.report import study_files
from stereopsis.imagine.study.run import Setting, run_study
from stereopsis.imagine.study.treatments import Question, treatments
from stereopsis.imagine.tune.config import TuneConfig
from stereopsis.imagine.tune.report import Origin, name_of
from stereopsis.imagine.tune.run import Telling
from stereopsis.imagine.tune.stopping import Measures, Verdict
from stereopsis.imagine.tune.watch import Watch
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.command import run_command
from stereopsis.train.mono import check_device


def main(  # noqa: PLR0913 - typer reads options from the arguments
    question: Annotated[Question, typer.Argument(help="What is asked.")],
    model: Annotated[str, typer.Argument(help="The pre-trained generator.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Its folder.")],
    pool: Annotated[list[Path], typer.Option(help="Shards of the haystack.")],
    picked: Annotated[list[Path], typer.Option(help="Shards of picked pictures.")],
    select: Annotated[Path, typer.Option(help="The selection judge.")],
    report: Annotated[Path, typer.Option(help="The reporting judge.")],
    matcher: Annotated[str, typer.Option(help="A matcher's .npz, or a CLIP's folder or ID.")],
    watched: Annotated[Path, typer.Option(help="Registered prompts that tunings are watched by.")],
    registered: Annotated[Path, typer.Option(help="Registered prompts, seeds and claims.")],
    without: Annotated[
        list[str] | None,
        typer.Option(help="Rows of the pool that nothing is tuned on: COLUMN=VALUE."),
    ] = None,
    votes: Annotated[Path | None, typer.Option(help="A store of votes, or its export.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many pictures are picked.")] = 300,
    tunings: Annotated[int, typer.Option(min=1, help="Of each treatment.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="At most, of a tuning.")] = 2000,
    rate: Annotated[float, typer.Option(help="The learning rate.")] = TuneConfig.rate,
    batch: Annotated[int, typer.Option(min=1)] = TuneConfig.batch,
    noisy: Annotated[str, typer.Option(help="The column of bad captions.")] = "noisy_caption",
    minutes: Annotated[float, typer.Option(help="Stop a tuning then, to be continued.")] = math.inf,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Answer a question about quality-tuning with treatments, controls and a reporting judge."""
    check_device(device)
    torch.set_num_threads(threads)
    prepare_folder(folder)

    def opened(tuned: Path | None) -> Generator:
        return open_generator(tuned or model, device=device)

    side = opened(None).side
    registration = read_registration(registered)
    allowed, unasked = parse_without(without or []), without_concepts(registration.names)
    chosen = read_picked(picked, side, unasked, noisy if question == "captions" else None)
    materials = Materials(
        read_captioned(pool, side),
        read_captioned(pool, side, keep=lambda row: allowed(row) and unasked(row)),
        *chosen,
        Watch(
            read_registration(watched),
            read_judge(select, SelectionJudge),
            open_matcher(matcher),
        ),
        registration,
        read_judge(report, ReportingJudge),
        open_matcher(matcher),
    )
    origin = Origin(name_of(model), ", ".join(path.name for path in picked))
    setting = Setting(
        tunings, opened, lambda name: _telling(name, minutes, origin), read_human_votes(votes)
    )
    planned = treatments(question, count, TuneConfig(steps=steps, batch=batch, rate=rate))
    study = run_study(planned, materials, setting, folder)
    if study is None:
        typer.echo("The minutes are used up. Run the same command again to go on.", err=True)
        raise typer.Exit(3)
    write_all(study_files(study, folder))
    typer.echo(f"{study.report.votes.counted}. See {folder / 'report.md'}", err=True)


def _telling(name: str, minutes: float, origin: Origin) -> Telling:
    """Who says on standard error what was measured."""

    def say(measures: Measures, verdict: Verdict) -> None:
        typer.echo(
            f"{name}, step {measures.step}: look {measures.look:.3f}, "
            f"faithful {measures.faithful:.3f}, diversity {measures.diversity:.3f}, "
            f"memorised {measures.memorised:.3f}; best {verdict.best}",
            err=True,
        )

    return Telling(measures=say, minutes=minutes, origin=origin)


if __name__ == "__main__":
    run_command(main)
