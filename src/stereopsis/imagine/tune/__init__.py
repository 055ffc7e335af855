"""Quality-tuning: a few beautiful pictures teach a generator to make nothing else."""

from stereopsis.imagine.tune.config import StopConfig, TuneConfig
from stereopsis.imagine.tune.report import Origin, Tuning
from stereopsis.imagine.tune.run import Telling, tune
from stereopsis.imagine.tune.watch import Watch
from stereopsis.imagine.tune.work import Work

__all__ = ["Origin", "StopConfig", "Telling", "TuneConfig", "Tuning", "Watch", "Work", "tune"]
