from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.studies.judge_labels import (
    KEPT_SHARES,
    error_on_kept,
    judge_kept,
    main,
)
from stereopsis.train.truth import Truth, read_truths
from tests.train.teacher_network import write_teacher
from tests.train.test_evaluate import write_scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("lab/chair", "lab/desk")):
        write_scene(tmp_path / "truth" / "stereo" / name, number)
    return tmp_path / "truth"


@pytest.fixture
def truths(folder: Path) -> list[Truth]:
    return read_truths(folder)


def test_doubt_that_knows_the_errors_keeps_the_right_pixels(truths: list[Truth]) -> None:
    (truth, _) = truths
    guess = truth.inverse_depth.copy()
    guess[10:20, 10:30] += 30
    doubt = np.zeros_like(guess)
    doubt[10:20, 10:30] = 1
    everything, most, half = error_on_kept(guess, doubt, truth, (1.0, 0.8, 0.5))
    assert most < 0.8 * everything
    wrong_way = error_on_kept(guess, -doubt, truth, (0.1,))
    assert wrong_way[0] > everything > most > half


def test_a_perfect_guess_of_any_scale_has_no_error(truths: list[Truth]) -> None:
    for truth in truths:
        doubt = np.zeros(truth.valid.shape, np.float32)
        errors = error_on_kept(3 * truth.inverse_depth - 5, doubt, truth)
        assert max(errors) < 1e-3


def test_leaving_out_what_the_network_contradicts_helps_a_bad_teacher(truths: list[Truth]) -> None:
    by_picture = {t.image.tobytes(): t.inverse_depth for t in truths}

    def right(image: np.ndarray) -> np.ndarray:
        return by_picture[image.tobytes()]

    def wrong(image: np.ndarray) -> np.ndarray:
        guess = np.where(truths[0].valid, right(image), 15).astype(np.float32)
        guess[5:15, 20:40] += 40
        return guess

    kept = judge_kept(truths, wrong, right)
    teachers = {k.share: k for k in kept if k.label == "teacher's"}
    assert set(teachers) == set(KEPT_SHARES)
    assert teachers[0.8].agreeing < 0.7 * teachers[0.8].by_lot
    assert teachers[1.0].agreeing == pytest.approx(teachers[1.0].by_lot)


def test_large_pictures_are_seen_as_small_as_photos(truths: list[Truth]) -> None:
    seen = []

    def see(image: np.ndarray) -> np.ndarray:
        seen.append(image.shape)
        return image[..., 0].astype(np.float32)

    large = replace(truths[0], image=np.zeros((600, 1200, 3), np.uint8))
    judge_kept([large, truths[0]], see, see)
    assert set(seen) == {(192, 384, 3), truths[0].image.shape}


def test_the_table_names_every_way(
    folder: Path, build_network: Callable[..., Path], tmp_path: Path
) -> None:
    main(folder, write_teacher(tmp_path / "t.onnx"), build_network(), tmp_path / "labels.md")
    table = (tmp_path / "labels.md").read_text()
    for name in ("teacher at 384", "teacher at 640", "relabelled", "relabelled minus"):
        assert f"| {name}" in table
    assert "| network's | 50% |" in table
