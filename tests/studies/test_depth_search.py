import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stereopsis.errors import OptionError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.trunk import EFFICIENTNET_LITE0
from stereopsis.nets.unet import UNetConfig
from stereopsis.runtime.network import open_network
from stereopsis.search.depth_task import SHOWN, DepthTask
from stereopsis.search.latency import LatencyModel
from stereopsis.search.trunk_space import parse_space
from stereopsis.studies import depth_search
from stereopsis.studies.depth_search import (
    AROUND_RELEASED,
    RELEASED,
    SAME_MACS,
    SAME_MS,
    DepthSearchConfig,
    compare,
    export_arm,
    find_arms,
    load_mono,
)
from stereopsis.train.export import export_network
from stereopsis.train.mono import MonoRecipe
from stereopsis.train.pack import Frame, Pack, build_pack
from stereopsis.train.release import example_images, mono_manifest

KNOWN = UNetConfig(
    parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12\nir_k3_s2_e2_c16"), (16, 12, 8), context=8
)
SPACE = parse_space("conv_k3_s2_c4:12:4\nir_k3,5_s2_e1:3:1_c8:16:4_n1:2\nir_k3,5_s2_e1:3:1_c8:24:8")
CONFIG = DepthSearchConfig(steps=2, search_steps=10, threads=1)


def pack() -> Pack:
    """Noise that grows darker and nearer downwards."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 1, 48, dtype=np.float32)[:, None].repeat(64, 1)
    shade = 200 * (1 - ramp)[..., None]
    images = [(shade + rng.uniform(0, 50, (48, 64, 3))).astype(np.uint8) for _ in range(40)]
    return build_pack([Frame(image, ramp, ramp > -1, True) for image in images], "ramps")


@pytest.fixture(scope="module")
def task() -> DepthTask:
    return DepthTask([pack()], SPACE, MonoRecipe(batch=2, sizes=((32, 64),)), KNOWN)


@pytest.fixture(scope="module")
def released(task: DepthTask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    network = MonoDepth(KNOWN)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias)
    manifest = mono_manifest("mono", "1", "", ["ramps"], {})
    folder = tmp_path_factory.mktemp("released")
    return export_network(network, manifest, folder, example_images(task.packs[0]))


def test_the_released_network_is_in_the_space_that_is_searched() -> None:
    options = AROUND_RELEASED.locate(EFFICIENTNET_LITE0)
    assert AROUND_RELEASED.derive(options) == EFFICIENTNET_LITE0


def test_found_networks_keep_the_released_ones_budgets_and_are_found_once(
    task: DepthTask, released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_proportion(task: DepthTask, network: nn.Module, threads: int) -> float:
        assert isinstance(network, MonoDepth)
        return measure_cost(network.trunk.eval(), torch.zeros(1, 3, *SHOWN)).flops / 1e6

    def like_trunks(task: DepthTask, threads: int) -> LatencyModel:
        return LatencyModel((1e-6, 1e-6, 0.0, 0.0), fixed_ms=0.0, error=0.0)

    monkeypatch.setattr(depth_search, "fit_task_latency", like_trunks)
    monkeypatch.setattr(depth_search, "measure_network", in_proportion)
    monkeypatch.setattr("stereopsis.search.finish.measure_network", in_proportion)
    compare(task, released, tmp_path, CONFIG)
    report = json.loads((tmp_path / "depth_search.json").read_text())
    assert list(report) == [RELEASED, SAME_MACS, SAME_MS]
    assert report[SAME_MS]["ms"] <= report[RELEASED]["ms"]
    assert report[SAME_MACS]["macs"] <= report[RELEASED]["macs"]
    assert report[RELEASED]["steps"] > report[SAME_MACS]["steps"] == CONFIG.steps
    assert parse_architecture("\n".join(report[RELEASED]["architecture"])) == KNOWN.trunk
    for arm in report.values():
        network = open_network(tmp_path / arm["network"])
        depth, _ = network.run(np.zeros((1, 64, 96, 3), np.uint8))  # of any size
        assert depth.shape == (1, 64, 96) and -5 < arm["held_out"] < 0

    monkeypatch.setattr(depth_search, "measure_network", lambda *_: 0.1)  # a faster machine
    compare(task, released, tmp_path, CONFIG)
    again = json.loads((tmp_path / "depth_search.json").read_text())
    assert again[SAME_MS]["architecture"] == report[SAME_MS]["architecture"]
    assert again[SAME_MACS]["held_out"] == report[SAME_MACS]["held_out"]
    with pytest.raises(OptionError, match=r"other settings .*search_steps 10, not 20"):
        compare(task, released, tmp_path, replace(CONFIG, search_steps=20))


def test_the_search_begins_with_what_is_known(task: DepthTask, released: Path) -> None:
    network = load_mono(released, task).eval()
    (image,) = task.example()
    depth, _ = open_network(released).run(image.numpy())
    with torch.inference_mode():
        torch.testing.assert_close(network(image)[0], torch.from_numpy(depth), rtol=0, atol=0.02)


def test_refuses_a_network_outside_of_the_space(
    released: Path, task: DepthTask, tmp_path: Path
) -> None:
    other = DepthTask(task.packs, parse_space("conv_k3_s2_c4,12"), task.recipe, KNOWN)
    with pytest.raises(OptionError, match="not in the space"):
        find_arms(other, load_mono(released, task), tmp_path, CONFIG)


def test_an_arm_says_that_it_is_of_a_study(task: DepthTask, tmp_path: Path) -> None:
    path = export_arm(MonoDepth(KNOWN), "same-macs", task.packs, tmp_path)
    assert json.loads(path.with_suffix(".json").read_text())["recipe"] == "runs/depth_search.sh"
