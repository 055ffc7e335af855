"""Watcher: looks at a generator while it is tuned, leaves what it saw, and says when to stop."""

from collections.abc import Callable

import numpy as np
from torch import nn

from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.memory import Memory
from stereopsis.imagine.judge.sheet import arms_sheet
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.tune.adapter import adapter_tensors
from stereopsis.imagine.tune.config import TuneConfig, measured_steps
from stereopsis.imagine.tune.stopping import Measures, Verdict, decide
from stereopsis.imagine.tune.watch import Watch, draw_watched, measure
from stereopsis.imagine.tune.work import (
    Work,
    add_measures,
    read_measures,
    write_pictures,
    write_weights,
)
from stereopsis.outputs import write_all

Told = Callable[[Measures, Verdict], None]


class Watcher:
    """Measures the generator at its steps, leaves sheet and weights, and says when to stop."""

    def __init__(
        self,
        generator: Generator,
        watch: Watch,
        config: TuneConfig,
        work: Work,
        memory: Memory,
        told: Told,
    ) -> None:
        self._generator, self._watch = generator, watch
        self._config, self._work = config, work
        self._memory, self._told = memory, told
        self._steps = set(measured_steps(config))

    def look(self, step: int, network: nn.Module) -> bool:
        """Whether tuning ends at this step; measures it if that was planned and not done yet."""
        if step not in self._steps:
            return False
        if step not in {each.step for each in read_measures(self._work)}:
            self._measure(step, network)
        measured = read_measures(self._work, step)
        verdict = decide(measured, self._config.stop)
        self._told(measured[-1], verdict)
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
