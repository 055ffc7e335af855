"""Track B on disk: the pool, the picked, and what is kept for selecting and judging."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from stereopsis.imagine.haystack.card import Counts, Source, card
from stereopsis.imagine.haystack.fields import bake
from stereopsis.imagine.haystack.making import Watch, write_sheet
from stereopsis.imagine.haystack.scenes import SceneConfig, SceneRow, clean, pool
from stereopsis.imagine.haystack.shards import write_shard, write_shards
from stereopsis.imagine.haystack.solids import SOLIDS
from stereopsis.outputs import prepare_folder, write_all

COUNTED = ("split", "wanted", "fault", "place", "light")
SOURCE = Source("scenes", "drawn by stereopsis.imagine.haystack", "Apache-2.0")


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
