"""Trials of candidates: run here, in processes or on a Ray cluster, and kept in a file."""

from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.ray_workers import RayWorkers
from stereopsis.search.trials.run import Progress, RunConfig, Standing, run_trials
from stereopsis.search.trials.store import TrialStore
from stereopsis.search.trials.trial import Objective, Outcome, Report, Trial
from stereopsis.search.trials.workers import InProcess, Workers

__all__ = [
    "InProcess",
    "LocalProcesses",
    "Objective",
    "Outcome",
    "Progress",
    "RayWorkers",
    "Report",
    "RunConfig",
    "Standing",
    "Trial",
    "TrialStore",
    "Workers",
    "run_trials",
]
