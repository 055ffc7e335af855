"""How good each stage is where the truth is known: recall, precision and enrichment."""

from dataclasses import dataclass

from stereopsis.imagine.curate.tally import Tally


@dataclass(frozen=True)
class StageTruth:
    """What a stage did to the pictures that are wanted; a share of nothing is None.

    `recall` is the share of the wanted that came and were kept; `precision`, the share of the
    wanted in what was kept; `removal_precision`, the share of the unwanted in what was removed;
    `enrichment`, how many times the wanted are more frequent after the stage than in the haystack;
    `recall_so_far`, the share of the wanted in the haystack that is left.
    """

    stage: str
    recall: float | None
    precision: float | None
    removal_precision: float | None
    enrichment: float | None
    recall_so_far: float | None


def judge_stages(tally: Tally) -> list[StageTruth]:
    """The truth about each stage, in order, of a funnel whose columns name the wanted."""
    came, came_wanted = tally.rows, tally.wanted
    found = []
    for name, stage in tally.stages.items():
        left, left_wanted = came - stage.removed, came_wanted - stage.removed_wanted
        precision = _share(left_wanted, left)
        prior = _share(tally.wanted, tally.rows)
        found.append(
            StageTruth(
                name,
                _share(left_wanted, came_wanted),
                precision,
                _share(stage.removed - stage.removed_wanted, stage.removed),
                None if precision is None or not prior else precision / prior,
                _share(left_wanted, tally.wanted),
            )
        )
        came, came_wanted = left, left_wanted
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
