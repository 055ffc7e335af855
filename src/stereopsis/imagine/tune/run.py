"""tune(): a generator and a few hundred beautiful pictures in, the quality-tuned generator out."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stereopsis.errors import DataError
from stereopsis.imagine.captioned import Captioned, first_few
from stereopsis.imagine.encode import encode_pictures
from stereopsis.imagine.judge.judge import check_new
from stereopsis.imagine.judge.memory import remember
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.processes import start_accelerator
from stereopsis.imagine.signed import sign
from stereopsis.imagine.training import CURVE, train_generator
from stereopsis.imagine.tune.adapter import adapter_tensors, add_adapter, merge_adapter
from stereopsis.imagine.tune.config import TuneConfig, train_config
from stereopsis.imagine.tune.kept_work import kept_work
from stereopsis.imagine.tune.report import (
    Origin,
    Tuning,
    basis_to_json,
    curve_picture,
    model_card,
    to_json,
)
from stereopsis.imagine.tune.signature import settings_of
from stereopsis.imagine.tune.stopping import decide
from stereopsis.imagine.tune.watch import Watch, unsure_of
from stereopsis.imagine.tune.watcher import Told, Watcher
from stereopsis.imagine.tune.whole_folder import whole_folder
from stereopsis.imagine.tune.work import WHAT, Work, read_measures, read_pick, read_weights
from stereopsis.outputs import write_all
from stereopsis.train.curve import read_rows

LEAST = 10  # pictures


@dataclass(frozen=True)
class Telling:
    """Who hears of steps (with their loss) and of measurements, and how long a run may take.

    `warn` hears, in sentences and before anything is trained, of what a person may want to mend.
    """

    step: Callable[[int, dict[str, float]], None] = lambda step, figures: None
    measures: Told = lambda measures, verdict: None
    minutes: float = math.inf
    origin: Origin = field(default_factory=lambda: Origin("a generator", "pictures"))
    warn: Callable[[str], None] = lambda told: None


SILENT = Telling()


def tune(
    generator: Generator,
    pictures: Captioned,
    watch: Watch,
    config: TuneConfig,
    work: Work,
    telling: Telling = SILENT,
) -> Tuning | None:
    """The tuning, whose generator lies in `work.tuned`; None if the minutes ran out before.

    The generator's network is trained in place. A run that was stopped goes on where it was saved,
    and ends as if it had never stopped. Of one that is over, the measured best is written, unless a
    person picked another step in that folder.

    Raises:
        DataError: there are too few pictures, or the judge was fitted on some of them.
        OptionError: the folder holds another tuning, or memory is too small for the batch.
        OutputError: the folder cannot be written.
    """
    _check_pictures(pictures, watch)
    loop = train_config(config, telling.minutes)
    processes = start_accelerator(loop, generator.device)
    if processes.is_main_process:
        sign(work.path, settings_of(generator, pictures, watch, config), WHAT)
        write_all({work.basis: basis_to_json(telling.origin, pictures)})
        for told in filter(None, (_left_out(pictures), unsure_of(watch, config.stop))):
            telling.warn(told)
    if config.lora:
        add_adapter(generator.network, config.lora, config.seed)
    with kept_work(config):
        if not _is_over(work, config):
            memory = remember(generator.as_drawn(pictures.pictures))
            watcher = Watcher(generator, watch, config, work, memory, telling.measures)
            if processes.is_main_process:
                watcher.look(0, generator.network)
            processes.wait_for_everyone()
            examples = encode_pictures(generator, pictures)
            train_generator(generator, examples, loop, work.training, watcher.look, telling.step)
            if not _is_over(work, config):
                return None
        measured = read_measures(work)
        verdict = decide(measured, config.stop)
        pick = read_pick(work)
        tuning = Tuning(
            config, telling.origin, len(pictures), pictures.left_out, tuple(measured),
            verdict, verdict.best if pick is None else pick, pick is not None,
        )  # fmt: skip
        if processes.is_main_process:
            finish(generator, tuning, work)
    return tuning


def _is_over(work: Work, config: TuneConfig) -> bool:
    """Whether nothing is left to train."""
    measured = read_measures(work)
    return bool(measured) and (
        decide(measured, config.stop).ends or measured[-1].step >= config.steps
    )


def finish(generator: Generator, tuning: Tuning, work: Work) -> None:
    """Writes the generator of the tuning's step, with its card, its curve and its figures.

    Raises:
        OptionError: that step has no checkpoint.
        DataError: the checkpoint is damaged or of another network.
        OutputError: the folder cannot be written.
    """
    with kept_work(tuning.config):
        _take_weights(generator, tuning, work)
        losses = read_rows(work.training / CURVE)
        with whole_folder(work.tuned) as part:
            generator.save(part)
            write_all(
                {
                    part / "README.md": model_card(tuning, generator.is_noised).encode(),
                    work.path / "curve.png": curve_picture(tuning, losses),
                    work.report: to_json(tuning).encode(),
                }
            )


def _take_weights(generator: Generator, tuning: Tuning, work: Work) -> None:
    """Gives the generator the weights of the tuning's step."""
    network: Any = generator.network
    tensors = read_weights(work, tuning.step)
    if tuning.config.lora and not adapter_tensors(network):
        add_adapter(network, tuning.config.lora, tuning.config.seed)
    try:
        missing, unknown = network.load_state_dict(tensors, strict=not tuning.config.lora)
    except RuntimeError as error:
        raise other_network(work) from error
    if unknown or (tuning.config.lora and any(".lora_" in name for name in missing)):
        raise other_network(work)
    if tuning.config.lora:
        merge_adapter(network)


def _check_pictures(pictures: Captioned, watch: Watch) -> None:
    if len(pictures) < LEAST:
        count, left_out = len(pictures.left_out), first_few(pictures.left_out)
        why = f"; {count} were left out ({left_out})" if count else ""
        raise DataError(
            f"There are {len(pictures)} captioned pictures to tune on{why}.",
            f"Give {LEAST} or more; a few hundred are a good start.",
        )
    check_new(pictures.hashes, watch.judge)


def _left_out(pictures: Captioned) -> str:
    """Which pictures are left out, in a line; "" if none is."""
    count = len(pictures.left_out)
    if not count:
        return ""
    few = first_few(pictures.left_out)
    return (
        f"{count} of {count + len(pictures)} pictures are left out: {few} (report.json names all)."
    )


def other_network(work: Work) -> DataError:
    """What to say of a generator that is not the one which was tuned."""
    return DataError(
        f"The checkpoints in {work.path} are of another network.",
        "Name the model that this folder was tuned from.",
    )
