"""Curation: filters that leave the few good pictures of a haystack."""

from stereopsis.imagine.curate.config import FunnelConfig, parse_config
from stereopsis.imagine.curate.damage import Damage
from stereopsis.imagine.curate.report import report_files
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.run import Funnel, curate, nothing_left
from stereopsis.imagine.curate.truth import StageTruth, judge_stages

__all__ = [
    "Columns",
    "Damage",
    "Funnel",
    "FunnelConfig",
    "StageTruth",
    "curate",
    "judge_stages",
    "nothing_left",
    "parse_config",
    "report_files",
]
