import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stereopsis.errors import DataError, OptionError
from stereopsis.lift.continued import Continued
from stereopsis.nets.inpaint import InpaintNet
from stereopsis.studies.fills import (
    DIFFUSION,
    classical_methods,
    fill_biharmonic,
    fill_constant,
    fill_opencv,
    fill_patchmatch,
)
from stereopsis.studies.holes import gains, main, means, read_frames, score_frames
from stereopsis.studies.leaks import main as leaks
from stereopsis.train.loop import CHECKPOINT
from stereopsis.train.pack import Frame, build_pack, write_pack
from tests.train.test_holes import GREEN, RED, photo, world


def patch() -> Continued:
    """A green wall with a hole, beside which a red front is not shown."""
    known = np.zeros((1, 64, 64), np.uint8)
    known[:, :, :30] = 1
    hole = np.zeros_like(known)
    hole[:, 8:56, 30:42] = 1
    color = np.where((known > 0)[..., None], GREEN, RED).astype(np.float32)
    zero = np.zeros((1, 64, 64), np.float32)
    return Continued(color, zero, hole, known, np.zeros((1, 3), np.float32))


def test_no_fill_uses_what_is_not_shown() -> None:
    shown = patch()
    hole = shown.hole > 0
    fills = (
        fill_constant(shown)[0],
        fill_opencv(shown, 0),
        fill_opencv(shown, 1),
        fill_biharmonic(shown),
        fill_patchmatch(shown),
    )
    for filled in fills:
        assert np.abs(filled[hole] - GREEN).max() <= 4


def test_classical_fills_find_a_plain_wall() -> None:
    rows, pictures = score_frames(classical_methods(), {"disk": world()})
    found = means(rows)
    assert set(found) == {
        DIFFUSION,
        "constant",
        "telea",
        "navier-stokes",
        "patchmatch",
        "biharmonic",
    }
    assert found["telea"]["psnr"] > 30 and found["telea"]["parallax_off_px"] < 0.5
    assert [len(row) for row in pictures.values()] == [2 + len(found)]
    assert gains(rows, DIFFUSION, "psnr")["telea"].scenes == 1


def test_the_command_compares_a_network_with_classical_fills(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = InpaintNet()
    assert isinstance(network.head.bias, nn.Parameter)
    nn.init.constant_(network.head.bias, 0.2)  # it paints everything too bright
    (tmp_path / "bright").mkdir()
    checkpoint = tmp_path / "bright" / CHECKPOINT
    torch.save({"averaged": network.state_dict()}, checkpoint)
    write_pack(build_pack([world()] * 2, "disks"), tmp_path / "disks.npz")
    main([tmp_path / "disks.npz"], tmp_path / "out", [checkpoint])
    report = json.loads((tmp_path / "out" / "holes.json").read_text())
    assert report["frames"] == 2
    assert report["gain_in_psnr"]["bright"][DIFFUSION]["mean"] < -1
    for name in ("holes.png", "holes_psnr.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_nothing_replaces_what_has_the_same_name(tmp_path: Path) -> None:
    pack, out = tmp_path / "disks.npz", tmp_path / "out"
    write_pack(build_pack([world()], "disks"), pack)
    checkpoint, telea = tmp_path / "bright" / CHECKPOINT, tmp_path / "telea.onnx"
    with pytest.raises(OptionError, match="Two methods are called bright"):
        main([pack], out, [checkpoint, checkpoint])
    with pytest.raises(OptionError, match="Two methods are called telea"):
        main([pack], out, [telea])
    with pytest.raises(OptionError, match="Two methods are called telea"):
        leaks([pack], out, [telea])
    with pytest.raises(OptionError, match="Two packs are called disks"):
        main([pack, pack], out)


def test_refuses_frames_that_hide_nothing() -> None:
    plain: Frame = photo()
    with pytest.raises(DataError, match="hides enough"):
        score_frames(classical_methods(), {"plain": plain})
    assert list(read_frames([build_pack([plain], "plain")], ["p"])) == ["p 0"]
