"""Track C on disk: the pool, the studio shots to tune on, and the kinds held out."""

from collections.abc import Iterator
from pathlib import Path

from stereopsis.imagine.haystack import groceries
from stereopsis.imagine.haystack.card import Counts, Source, card
from stereopsis.imagine.haystack.groceries import GroceryConfig, GroceryRow, list_groceries
from stereopsis.imagine.haystack.making import Watch, write_sheet
from stereopsis.imagine.haystack.shards import write_shard, write_shards
from stereopsis.outputs import prepare_folder, write_all

COUNTED = ("style", "split", "wanted", "group")
SOURCE = Source("photos and descriptions", "marcusklasson/GroceryStoreDataset", "MIT")


def write_groceries(folder: Path, out: Path, config: GroceryConfig, watch: Watch) -> None:
    """Writes pool-*.parquet, picked and reference.parquet, sheets and card.json.

    Raises:
        DataError: the folder does not hold the data set.
        PhotoError: a picture in it is damaged.
        OutputError: a file cannot be written.
    """
    listed = list_groceries(folder, config)
    prepare_folder(out)
    counts = Counts(COUNTED)

    def passing(rows: Iterator[GroceryRow], name: str) -> Iterator[GroceryRow]:
        return watch.shown(counts.counted(rows, name), name)

    write_shards(passing(groceries.pool(listed, config), "pool"), GroceryRow, out, "pool")
    parts = {
        "picked": groceries.picked(listed, config),
        "reference": groceries.reference(listed, config),
    }
    for name, rows in parts.items():
        write_shard(passing(rows, name), GroceryRow, out / f"{name}.parquet")
    for name in ("pool", *parts):
        write_sheet(out, GroceryRow, name)
    write_all({out / "card.json": card("groceries", config, [SOURCE], counts.plain())})
