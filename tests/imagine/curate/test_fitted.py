"""What is fitted: aesthetic heads and pairings; and CLIP-class models, by a tiny random one."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFilter

from stereopsis.errors import DataError, OptionError, WeightsError
from stereopsis.imagine.curate import fit
from stereopsis.imagine.curate.aesthetic import (
    AestheticFilter,
    fit_head,
    read_head,
)
from stereopsis.imagine.curate.alignment import ClipFilter, PairingFilter
from stereopsis.imagine.curate.balance import BalanceFilter
from stereopsis.imagine.curate.config import check_eyes
from stereopsis.imagine.curate.eye import give_features, open_eye
from stereopsis.imagine.curate.fit import (
    Examples,
    best_head,
    best_pairing,
    choose_ridge,
    read_examples,
)
from stereopsis.imagine.curate.pairing import fit_pairing, read_pairing
from stereopsis.imagine.curate.row import Columns, Row
from stereopsis.imagine.curate.run import curate
from stereopsis.imagine.curate.sample import Sample
from tests.imagine.curate.haystack import captions, jpeg, quick, rows, scene, write_parquet

RANDOM = np.random.default_rng(0)


def blurred_half(folder: Path, seeds: range) -> Path:
    """Sharp pictures of noise are good, blurred ones bad."""
    cells = rows(seeds, good=True)
    for i, cell in enumerate(cells):
        noisy = scene(i).effect_spread(9)
        cell["good"] = bool(i % 2)
        cell["image"] = jpeg(noisy if i % 2 else noisy.filter(ImageFilter.GaussianBlur(4)))
    return write_parquet(folder / f"{seeds.start}.parquet", cells)


def test_a_head_that_was_fitted_enriches_others(tmp_path: Path) -> None:
    learnt = blurred_half(tmp_path, range(0, 40))
    examples = read_examples([learnt], Columns(wanted="good"), "grid", 1000)
    data, area = best_head(examples, "grid")
    assert area > 0.9
    (tmp_path / "head.npz").write_bytes(data)
    config = quick(
        aesthetic=AestheticFilter(str(tmp_path / "head.npz")),
        duplicates=None,
        columns=Columns(wanted="good"),
    )
    funnel = curate([blurred_half(tmp_path, range(100, 120))], tmp_path / "out", config)
    assert funnel.tally.stages["aesthetic"].removed_wanted <= 1 and 9 <= funnel.kept <= 12


def test_heads_find_what_divides_and_say_so_again_from_their_file(tmp_path: Path) -> None:
    features = RANDOM.standard_normal((200, 6))
    good = features[:, 2] + 0.1 * RANDOM.standard_normal(200) > 0
    head = fit_head(features, good, "grid", 0.1)
    assert np.abs(head.weight).argmax() == 2 and head.weight[2] > 0
    (tmp_path / "head.npz").write_bytes(head.to_bytes())
    again = read_head(tmp_path / "head.npz")
    assert np.array_equal(again.score(features), head.score(features))
    with pytest.raises(DataError, match="are good"):
        fit_head(features, np.ones(200, bool), "grid", 0.1)


def test_a_pairing_tells_right_captions_from_wrong_ones(tmp_path: Path) -> None:
    colors = RANDOM.integers(0, 4, 120)
    features = np.eye(4)[colors] + 0.2 * RANDOM.standard_normal((120, 4))
    texts = [f"a {('red', 'green', 'blue', 'grey')[c]} thing {i}" for i, c in enumerate(colors)]
    pairing = fit_pairing(features[:80], texts[:80], "grid", 0.1)
    (tmp_path / "p.npz").write_bytes(pairing.to_bytes())
    again = read_pairing(tmp_path / "p.npz")
    right = again.score(features[80:], texts[80:])
    wrong = again.score(features[80:], texts[81:] + texts[:1])
    differ = colors[80:] != np.append(colors[81:], colors[0])
    assert right.mean() > 0.7 and wrong[differ].mean() < 0.1
    assert np.allclose(right, pairing.score(features[80:], texts[80:]), atol=1e-4)
    with pytest.raises(DataError, match="1 pairs"):
        fit_pairing(features[:1], texts[:1], "grid", 0.1)


def test_a_pairing_is_a_filter(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(20)))
    examples = read_examples([shard], Columns(), "grid", 1000)
    data, area = best_pairing(examples, "grid")
    assert 0 <= area <= 1 or np.isnan(area)
    (tmp_path / "p.npz").write_bytes(data)
    config = quick(pairing=PairingFilter(str(tmp_path / "p.npz"), at_least=0.2))
    cells = rows(range(20))
    cells[0]["caption"], cells[1]["caption"] = cells[1]["caption"], cells[0]["caption"]
    mixed = write_parquet(tmp_path / "mixed.parquet", cells)
    curate([mixed], tmp_path / "out", config)
    assert sorted(captions(tmp_path / "out")) == sorted(c["caption"] for c in rows(range(2, 20)))


@pytest.mark.parametrize("content", [None, b"", b"no file of numbers"])
def test_a_file_that_was_not_fitted_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "head.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"no file|no aesthetic head"):
        read_head(path)


def test_files_of_another_kind_or_eye_are_refused(tmp_path: Path) -> None:
    head = fit_head(RANDOM.standard_normal((20, 3)), np.arange(20) % 2 == 0, "lite0", 1)
    path = tmp_path / "head.npz"
    path.write_bytes(head.to_bytes())
    with pytest.raises(DataError, match="is no pairing"):
        read_pairing(path)
    with pytest.raises(OptionError, match="with the eye lite0, not grid"):
        check_eyes(quick(aesthetic=AestheticFilter(str(path))))
    check_eyes(quick(aesthetic=AestheticFilter(str(path)), eye="lite0"))


def test_too_few_examples_are_told(tmp_path: Path) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(3)))
    with pytest.raises(DataError, match="There are 3 examples"):
        read_examples([shard], Columns(), "grid", 100)


def test_no_shard_is_read_once_there_are_enough(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", rows(range(20)))
    write_parquet(tmp_path / "b.parquet", [{"other": 1}])
    assert len(read_examples([tmp_path], Columns(), "grid", 12).captions) == 12
    with pytest.raises(DataError, match="has no column"):
        read_examples([tmp_path], Columns(), "grid", 21)


def test_examples_hold_no_pictures(tmp_path: Path) -> None:
    peaks = []
    for count in (80, 80, 320):  # the first only to load what is loaded once
        cells = rows(range(count))
        for cell in cells:
            cell["image"] += b"x" * 20_000
        shard = write_parquet(tmp_path / "a.parquet", cells)
        tracemalloc.start()
        read_examples([shard], Columns(), "grid", 1000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 240 * 10_000


def test_the_reported_area_had_no_say_in_the_choice_of_the_ridge() -> None:
    count = 100
    examples = Examples(
        np.zeros((count, 1)), ["a"] * count, np.arange(count) % 2 == 0, np.arange(count) % 5
    )

    def area_of(learnt: Examples, others: Examples, ridge: float) -> float:
        assert not set(learnt.folds) & set(others.folds)
        if set(others.folds) == {0}:  # the held-out part likes another ridge best
            return 1 - ridge / 20
        assert 0 not in learnt.folds
        return ridge / 20

    assert choose_ridge(examples, area_of) == (10.0, 0.5)


def test_fits_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shard = blurred_half(tmp_path, range(30))
    fit.main("aesthetic", [shard], tmp_path / "head.npz", eye="grid")
    told = json.loads(capsys.readouterr().out)
    assert told["examples"] == 30 and told["area_under_curve"] >= 0.5
    assert read_head(tmp_path / "head.npz").eye == "grid"
    with pytest.raises(OptionError, match="at most 5000"):
        fit.main("pairing", [shard], tmp_path / "p.npz", most=6000)


def test_imagenets_eye_tells_domains_and_gives_a_concept(tmp_path: Path) -> None:
    samples = [Sample(Row(i, jpeg(scene(i)), "")) for i in range(2)]
    give_features(samples, open_eye("lite0"))
    for sample in samples:
        assert sample.features is not None and sample.features.shape == (512,)
        assert np.isfinite(sample.features).all() and sample.domain
    config = quick(eye="lite0", balance=BalanceFilter(5, source="picture"))
    shard = write_parquet(tmp_path / "a.parquet", rows(range(2)))
    assert sum(curate([shard], tmp_path / "out", config).concepts.values()) == 2


def tiny_clip(folder: Path, seed: int = 0) -> Path:
    """A CLIP of a few hundred random weights, with a tokenizer of single letters."""
    import torch
    from transformers import (
        CLIPConfig,
        CLIPImageProcessor,
        CLIPModel,
        CLIPProcessor,
        CLIPTokenizer,
    )

    letters = [chr(code) for code in range(33, 127)]
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    vocabulary = [*words, "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    part = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    config = CLIPConfig(
        text_config={
            **part,
            "vocab_size": len(vocabulary),
            "max_position_embeddings": 24,
            "bos_token_id": len(words),
            "eos_token_id": len(words) + 1,
        },
        vision_config={**part, "image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    torch.manual_seed(seed)
    CLIPModel(config).save_pretrained(folder)
    size = {"shortest_edge": 32}
    images = CLIPImageProcessor(size=size, crop_size={"height": 32, "width": 32})
    CLIPProcessor(images, tokenizer).save_pretrained(folder)
    return folder


def test_a_clip_in_a_folder_scores_pairs_one_by_one(tmp_path: Path) -> None:
    score = ClipFilter(str(tiny_clip(tmp_path / "clip"))).open(Columns())
    pairs = [(0, "a dog"), (1, "a dog"), (0, "a very long caption of a red car " * 9)]
    samples = [Sample(Row(i, jpeg(scene(seed)), text)) for i, (seed, text) in enumerate(pairs)]
    together = score(samples)
    assert together.shape == (3,) and (np.abs(together) <= 1).all()
    assert len(set(together.round(6))) == 3
    alone = np.concatenate([score([sample]) for sample in samples])
    assert np.allclose(alone, together, atol=1e-5)


def test_a_model_that_is_no_clip_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError, match="cannot be loaded as one of CLIP's kind"):
        ClipFilter(str(tmp_path / "empty")).open(Columns())
