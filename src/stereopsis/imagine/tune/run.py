"""tune(): a generator and a few hundred beautiful pictures in, the quality-tuned generator out."""

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import nn

from stereopsis.errors import DataError, OutputError
from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.examples import Examples
from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.judge import check_new
from stereopsis.imagine.judge.pictures import hashes_of
from stereopsis.imagine.judge.sheet import arms_sheet
from stereopsis.imagine.judge.variety import Memory, remember
from stereopsis.imagine.memory import within_memory
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.training import CURVE, start_accelerator, train_generator
from stereopsis.imagine.tune.adapter import adapter_tensors, add_adapter, merge_adapter
from stereopsis.imagine.tune.config import TuneConfig, measured_steps, train_config
from stereopsis.imagine.tune.report import Origin, Tuning, curve_picture, model_card, to_json
from stereopsis.imagine.tune.stopping import Measures, Verdict, decide
from stereopsis.imagine.tune.watch import Watch, draw_watched, measure
from stereopsis.imagine.tune.work import (
    Work,
    add_measures,
    read_measures,
    read_weights,
    sign,
    write_pictures,
    write_weights,
)
from stereopsis.outputs import write_all
from stereopsis.train.curve import read_rows

LEAST = 10  # pictures
ENCODED_AT_ONCE = 16


@dataclass(frozen=True)
class Telling:
    """Who hears of steps (with their loss) and of measurements, and how long a run may take."""

    step: Callable[[int, dict[str, float]], None] = lambda step, figures: None
    measures: Callable[[Measures, Verdict], None] = lambda measures, verdict: None
    minutes: float = math.inf
    origin: Origin = field(default_factory=lambda: Origin("a generator", "pictures"))


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
    and ends as if it had never stopped.

    Raises:
        DataError: there are too few pictures, or the judge was fitted on some of them.
        OptionError: the folder holds another tuning, or memory is too small for the batch.
        OutputError: the folder cannot be written.
    """
    _check_pictures(pictures, watch)
    loop = train_config(config, telling.minutes)
    processes = start_accelerator(loop, generator.device)
    if processes.is_main_process:
        sign(work, _settings(pictures, watch, config))
    if config.lora:
        add_adapter(generator.network, config.lora, config.seed)
    with kept_work(config):
        memory = remember(watch.judge.look(pictures.pictures))
        watcher = _Watcher(generator, watch, config, work, memory, telling)
        if processes.is_main_process:
            watcher.look(0, generator.network)
        processes.wait_for_everyone()
        examples = encode(generator, pictures)
        train_generator(generator, examples, loop, work.training, watcher.look, telling.step)
        measured = read_measures(work)
        verdict = decide(measured, config.stop)
        if not verdict.ends and measured[-1].step < config.steps:
            return None
        tuning = Tuning(
            config, telling.origin, len(pictures), pictures.left_out, tuple(measured),
            verdict, verdict.best,
        )  # fmt: skip
        if processes.is_main_process:
            finish(generator, tuning, work)
    return tuning


def finish(generator: Generator, tuning: Tuning, work: Work) -> None:
    """Writes the generator of the tuning's step, with its card, its curve and its figures.

    Raises:
        OptionError: that step has no checkpoint.
        DataError: the checkpoint is damaged or of another network.
        OutputError: the folder cannot be written.
    """
    network: Any = generator.network
    tensors = read_weights(work, tuning.step)
    if tuning.config.lora and not adapter_tensors(network):
        add_adapter(network, tuning.config.lora, tuning.config.seed)
    try:
        missing, unknown = network.load_state_dict(tensors, strict=not tuning.config.lora)
    except RuntimeError as error:
        raise _other_network(work) from error
    if unknown or (tuning.config.lora and any(".lora_" in name for name in missing)):
        raise _other_network(work)
    if tuning.config.lora:
        merge_adapter(network)
    generator.save(work.tuned)
    losses = read_rows(work.training / CURVE)
    write_all(
        {
            work.tuned / "README.md": model_card(tuning).encode(),
            work.path / "curve.png": curve_picture(tuning, losses),
            work.path / "report.json": to_json(tuning).encode(),
        }
    )


def encode(generator: Generator, pictures: Captioned) -> Examples:
    """The pictures as the generator's network works on them."""
    found = []
    for first in range(0, len(pictures), ENCODED_AT_ONCE):
        batch = torch.from_numpy(pictures.pictures[first : first + ENCODED_AT_ONCE])
        with torch.inference_mode():
            encoded = generator.encode(batch.to(generator.device)).cpu()
        found.append(encoded.half() if encoded.is_floating_point() else encoded)
    return Examples(torch.cat(found).clone(), pictures.captions)


@contextmanager
def kept_work(config: TuneConfig) -> Iterator[None]:
    """A block in which memory and disk may run out, as errors that say what to do.

    Raises:
        OptionError: memory ran out.
        OutputError: the disk is full, or the folder cannot be written.
    """
    what = f"A batch of {config.batch} in {config.accumulate} pieces"
    mend = (
        f"Use --accumulate {2 * config.accumulate} or --checkpointing (what is finished is kept), "
        "or --lora 16 in another folder."
    )
    try:
        with within_memory(what, mend):
            yield
    except (OSError, SafetensorError) as error:
        raise OutputError(
            f"The folder cannot be written ({str(error).splitlines()[0]}).",
            "Free some space, and run the same command again: what is finished is kept.",
        ) from error


class _Watcher:
    """Measures the generator at its steps, leaves sheet and weights, and says when to stop."""

    def __init__(
        self,
        generator: Generator,
        watch: Watch,
        config: TuneConfig,
        work: Work,
        memory: Memory,
        telling: Telling,
    ) -> None:
        self._generator, self._watch = generator, watch
        self._config, self._work = config, work
        self._memory, self._telling = memory, telling
        self._steps = set(measured_steps(config))

    def look(self, step: int, network: nn.Module) -> bool:
        """Whether tuning ends at this step; measures it if that was planned and not done yet."""
        if step not in self._steps:
            return False
        if step not in {each.step for each in read_measures(self._work)}:
            self._measure(step, network)
        measured = read_measures(self._work, step)
        verdict = decide(measured, self._config.stop)
        self._telling.measures(measured[-1], verdict)
        return verdict.ends

    def _measure(self, step: int, network: nn.Module) -> None:
        was_training = network.training
        arm = draw_watched(self._generator.with_network(network.eval()), self._watch)
        network.train(was_training)
        measures = measure(arm, step, self._watch, self._memory)
        tensors = adapter_tensors(network) if self._config.lora else network.state_dict()
        write_weights(self._work.weights(step), tensors)
        write_pictures(self._work.pictures(step), arm)
        write_all({self._work.sheet(step): arms_sheet(self._beside(step, arm))})
        add_measures(self._work, measures)

    def _beside(self, step: int, arm: Arm) -> dict[str, Arm]:
        """The pictures beside those of the pre-trained model."""
        if step == 0:
            return {"pre-trained": arm}
        with np.load(self._work.pictures(0)) as file:
            base = Arm(file["pictures"], arm.prompts, arm.seeds)
        return {"pre-trained": base, f"step {step}": arm}


def _check_pictures(pictures: Captioned, watch: Watch) -> None:
    if len(pictures) < LEAST:
        raise DataError(
            f"There are {len(pictures)} captioned pictures to tune on "
            f"({len(pictures.left_out)} were left out).",
            f"Give {LEAST} or more; a few hundred are a good start.",
        )
    check_new(hashes_of(pictures.pictures), watch.judge)


def _settings(pictures: Captioned, watch: Watch, config: TuneConfig) -> dict[str, Any]:
    """All that a tuning depends on."""
    digest = hashlib.sha256("".join(hashes_of(pictures.pictures)).encode())
    digest.update("\0".join(pictures.captions).encode())
    judge = hashlib.sha256(watch.judge.head.weight.tobytes()).hexdigest()[:16]
    settings = asdict(config)
    for name in ("accumulate", "checkpointing"):  # a run that lacked memory may go on with others
        del settings[name]
    return {
        "config": settings,
        "pictures": digest.hexdigest()[:16],
        "prompts": watch.registration.digest,
        "judge": judge,
    }


def _other_network(work: Work) -> DataError:
    return DataError(
        f"The checkpoints in {work.path} are of another network.",
        "Name the model that this folder was tuned from.",
    )
