from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError, WeightsError
from stereopsis.runtime.network import Network, open_network
from stereopsis.train.agree import normalise
from stereopsis.train.pack import Frame, build_pack, read_pack, write_pack
from stereopsis.train.relabel import (
    LabelConfig,
    guess_at,
    main,
    relabel_frame,
    relabel_frames,
)
from tests.train.teacher_network import write_teacher

KNOWN = np.ones((96, 128), np.bool_)


def labelled(seed: int = 0) -> Frame:
    """A bright thing on darker ground; the teacher sees it, but softly, and it sees a ghost too."""
    y, x = np.mgrid[:96, :128].astype(np.float32)
    near = np.where(np.hypot(x - 50 - seed, y - 50) < 22, 220, 60 + 0.5 * y).astype(np.float32)
    image = np.asarray(np.repeat(near[..., None], 3, 2), np.uint8)
    teacher = cv2.GaussianBlur(near, (0, 0), 5) / 100
    teacher[4:20, 100:124] += 2.5
    return Frame(image, teacher.astype(np.float32), KNOWN, exact=False)


@pytest.fixture
def network(build_network: Callable[..., Path]) -> Network:
    return open_network(build_network(), threads=1)


def test_a_label_follows_the_network_and_the_pictures_edges(network: Network) -> None:
    old = labelled()
    new = relabel_frame(old, network)
    assert (new.image == old.image).all() and not new.exact and new.valid.all()
    steps = [np.abs(np.diff(normalise(f.inverse_depth)[50, 60:84])) for f in (old, new)]
    assert steps[1].max() > 3 * steps[0].max()
    ghosts = [normalise(f.inverse_depth)[8:16, 108:116].mean() for f in (old, new)]
    assert ghosts[1] < 0.3 * ghosts[0]


def test_pixels_in_which_both_disagree_become_unknown_on_demand(network: Network) -> None:
    new = relabel_frame(labelled(), network, LabelConfig(most_disagreement=1.0))
    assert not new.valid[8:16, 108:116].any()
    assert new.valid[60:, :20].all()
    assert (new.inverse_depth[~new.valid] == 0).all()


def test_a_guess_has_the_pictures_size_whatever_the_network_sees(network: Network) -> None:
    image = labelled().image
    for long_side in (64, 128, 256):
        assert guess_at(image, network, long_side).shape == (96, 128)
    mirrored = guess_at(np.ascontiguousarray(image[:, ::-1]), network, 128)
    assert guess_at(image, network, 128) == pytest.approx(mirrored[:, ::-1], abs=1e-4)


def test_a_pack_is_relabelled_in_its_order_and_says_how(
    build_network: Callable[..., Path], tmp_path: Path
) -> None:
    write_pack(build_pack([labelled(0), labelled(30)], "two things"), tmp_path / "a.npz")
    main(build_network(), tmp_path / "a.npz", tmp_path / "b.npz")
    old, new = read_pack(tmp_path / "a.npz"), read_pack(tmp_path / "b.npz")
    assert len(new) == 2 and "tiny" in new.source and "two things" in new.source
    for before, after in zip(old, new, strict=True):
        assert np.abs(before.image.astype(int) - after.image).mean() < 2
    assert new[1].inverse_depth[50, 80] > 2 * new[0].inverse_depth[50, 80]


def test_exact_depth_is_not_replaced_by_a_guess(network: Network) -> None:
    for frame in (replace(labelled(), exact=True), replace(labelled(), valid=~KNOWN)):
        with pytest.raises(DataError, match="labelled by a teacher"):
            list(relabel_frames([frame], network))


def test_a_missing_network_or_pack_is_named(
    build_network: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"a\.npz"):
        main(build_network(), tmp_path / "a.npz", tmp_path / "b.npz")
    write_pack(build_pack([labelled()], ""), tmp_path / "a.npz")
    with pytest.raises(OptionError, match=r"no depth model .*absent\.onnx"):
        main(tmp_path / "absent.onnx", tmp_path / "a.npz", tmp_path / "b.npz")
    teacher = write_teacher(tmp_path / "t.onnx")
    with pytest.raises(WeightsError, match=r"t\.onnx has no manifest t\.json beside it"):
        main(teacher, tmp_path / "a.npz", tmp_path / "b.npz")
