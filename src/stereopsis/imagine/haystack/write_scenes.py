"""Track B on disk: the pool, the picked, and what is kept for selecting and judging."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.card import Counts, Source, card
from stereopsis.imagine.haystack.fields import bake
from stereopsis.imagine.haystack.making import Watch, write_sheet
from stereopsis.imagine.haystack.scenes import SceneConfig, SceneRow, clean, pool
from stereopsis.imagine.haystack.shards import write_shard, write_shards
from stereopsis.imagine.haystack.solids import SOLIDS
from stereopsis.outputs import prepare_folder, write_all

COUNTED = ("split", "wanted", "fault", "place", "light")
SOURCE = Source("scenes", "drawn by stereopsis.imagine.haystack", "Apache-2.0")

FEWEST_LABELLED = 100  # what the study of the funnel can learn from


def labelled_in(folder: Path) -> int:
    """How many of the scenes in the folder were made to be labelled, by its card.json.

    Raises:
        DataError: it has no card, or they are too few to learn from.
    """
    path = folder / "card.json"
    try:
        labelled = int(json.loads(path.read_bytes())["settings"]["labelled"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"{path} does not say how many scenes are to be labelled."
        raise DataError(problem, "Make the scenes again.") from error
    if labelled < FEWEST_LABELLED:
        raise DataError(
            f"{folder} has {labelled} scenes to be labelled, too few to learn from.",
            f"Make the scenes again with --labelled {FEWEST_LABELLED} or more.",
        )
    return labelled


def write_scenes(out: Path, config: SceneConfig, watch: Watch) -> None:
    """Writes pool-*.parquet, picked, selection and reference.parquet, sheets and card.json.

    Selection and reference hold needles and hay in equal numbers, a quarter and a half as many
    needles as the picked.

    Raises:
        OutputError: a file cannot be written.
    """
    prepare_folder(out)
    fields = bake(SOLIDS)
    counts = Counts(COUNTED)

    def passing(rows: Iterator[SceneRow], name: str) -> Iterator[SceneRow]:
        return watch.shown(counts.counted(rows, name), name)

    write_shards(passing(pool(config, fields), "pool"), SceneRow, out, "pool")
    quarter, half = config.picked // 4, config.picked // 2
    parts = {
        "picked": clean(config, fields, "tune", "needle", config.picked),
        "selection": chain(
            clean(config, fields, "select", "needle", quarter),
            clean(config, fields, "select", "hay", quarter),
        ),
        "reference": chain(
            clean(config, fields, "held-out", "needle", half),
            clean(config, fields, "held-out", "hay", half),
        ),
    }
    for name, rows in parts.items():
        write_shard(passing(rows, name), SceneRow, out / f"{name}.parquet")
    for name in ("pool", *parts):
        write_sheet(out, SceneRow, name)
    write_all({out / "card.json": card("scenes", config, [SOURCE], counts.plain())})
