"""A folder of small pictures that can be told apart by their colour, with pairs and a store."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
from PIL import Image, PngImagePlugin

from stereopsis.imagine.votes.config import VoteConfig
from stereopsis.imagine.votes.importing import import_list
from stereopsis.imagine.votes.lists import to_jsonl
from stereopsis.imagine.votes.records import Keep, Pair, Review, Vote
from stereopsis.imagine.votes.server import open_server
from stereopsis.imagine.votes.store import VoteStore

RED, BLUE = (200, 30, 30), (30, 30, 200)
ARMS = {"secret-tuned": RED, "secret-base": BLUE}
AT = "2024-02-29T12:00:00.000Z"
VOTE = Vote("k", "ann", "human", "appeal", "0" * 16, "first", "a", "a", AT)
KEEP = Keep("k", "ann", "human", "tuned_0.png", "keep", AT)
REVIEW = Review(
    "k",
    "ann",
    "human",
    "tuned_0.png",
    "strong",
    "fine",
    "",
    "weak",
    "yes",
    "no",
    "",
    "take",
    "x",
    AT,
)


def draw(path: Path, color: tuple[int, int, int], shade: int = 0) -> None:
    """A picture whose file names its arm in its notes, as those of image generators do."""
    pixels = np.full((40, 60, 3), color, np.uint8)
    pixels[:, :, 1] = shade
    notes = PngImagePlugin.PngInfo()
    notes.add_text("parameters", f"model: {path.stem}")
    if path.suffix == ".png":
        Image.fromarray(pixels).save(path, pnginfo=notes)
    else:
        Image.fromarray(pixels).save(path, quality=95, comment=f"model: {path.stem}")


def make_pairs(folder: Path, count: int) -> list[Pair]:
    """So many pairs, with their pictures drawn; the two arms have files of two formats."""
    pairs = []
    for place in range(count):
        tuned, base = f"tuned_{place}.png", f"base_{place}.jpg"
        draw(folder / tuned, RED, place)
        draw(folder / base, BLUE, place)
        pair = Pair(f"prompt {place}", tuned, base, "secret-tuned", "secret-base", str(place))
        turned = Pair(pair.prompt, base, tuned, pair.arm_b, pair.arm_a, pair.seed)
        pairs.append(turned if place % 2 else pair)
    return pairs


def fill(store: VoteStore, count: int = 3) -> list[Pair]:
    """Imports so many pairs, and their pictures as pictures to pick from."""
    pairs = make_pairs(store.folder, count)
    rows = {
        "pairs": [vars(pair) for pair in pairs],
        "pictures": [
            {"path": path, "caption": f"caption {path}" if path.startswith("tuned") else ""}
            for pair in pairs
            for path in (pair.image_a, pair.image_b)
        ],
    }
    for name, listed in rows.items():
        path = store.folder / f"{name}.jsonl"
        path.write_bytes(to_jsonl(listed))
        import_list(store, path)
    return pairs


def vote_on(pair: Pair, choice: str, voter: str = "ann", **changes: str) -> Vote:
    """A vote with a key of its own."""
    named = replace(VOTE, pair=pair.key, choice=choice, voter=voter, **changes)
    return replace(named, key=" ".join(named.subject)) if "key" not in changes else named


def color_of(png: bytes) -> str:
    """The arm that drew the picture."""
    middle = np.asarray(Image.open(BytesIO(png)).convert("RGB"))[20, 30]
    return "secret-tuned" if middle[0] > middle[2] else "secret-base"


@contextmanager
def served(store: VoteStore, config: VoteConfig | None = None) -> Iterator[str]:
    """The address of a server of the store, in a thread."""
    with open_server(store, config or VoteConfig(), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server.address
        finally:
            server.stop()
            thread.join()


@contextmanager
def visitor(address: str, name: str = "ann") -> Iterator[httpx.Client]:
    """A client that has entered under this name."""
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        client.post("/api/enter", json={"name": name}).raise_for_status()
        yield client
