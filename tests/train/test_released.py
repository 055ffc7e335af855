from pathlib import Path

import pytest
import torch

from stereopsis.errors import WeightsError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import MonoConfig, MonoDepth
from stereopsis.runtime.weights import find_weights
from stereopsis.train.export import export_network
from stereopsis.train.released import load_released
from tests.train.test_export import EXAMPLES, MANIFEST, TINY


@pytest.fixture(scope="module")
def trained() -> MonoDepth:
    torch.manual_seed(0)
    network = MonoDepth(TINY).train()
    for _ in range(20):
        network(torch.randint(0, 256, (4, 64, 64, 3)))
    return network.eval()


@pytest.fixture(scope="module")
def released(trained: MonoDepth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_network(trained, MANIFEST, tmp_path_factory.mktemp("net"), EXAMPLES)


def difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max() / (one.max() - one.min()))


def test_the_module_answers_as_the_file_and_is_fit_to_train(
    trained: MonoDepth, released: Path
) -> None:
    torch.manual_seed(1)
    images = torch.randint(0, 256, (8, 64, 64, 3))
    others = torch.randint(0, 256, (2, 32, 96, 3))
    network = MonoDepth(TINY)
    load_released(network, released, images)
    assert network.training
    with torch.no_grad():
        assert difference(trained(others), network.eval()(others)) < 0.01
        # In training the norms see this batch's own statistics, which are those just measured.
        assert difference(network.eval()(images), network.train()(images)) < 0.01


def test_the_embedded_network_can_be_gone_on_from() -> None:
    network = MonoDepth(MonoConfig())
    load_released(network, find_weights("mono"), torch.randint(0, 256, (2, 64, 64, 3)))
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_other_architectures_and_files_are_refused(released: Path, tmp_path: Path) -> None:
    image = torch.zeros(1, 64, 64, 3)
    other = MonoConfig(parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12"), (16, 12), 8)
    with pytest.raises(WeightsError, match="no weights that fit"):
        load_released(MonoDepth(other), released, image)
    shallower = MonoConfig(
        parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12\nir_k5_s2_e2_c16"), (16, 12, 8), 8
    )
    with pytest.raises(WeightsError, match="which this network lacks"):
        load_released(MonoDepth(shallower), released, image)
    with pytest.raises(WeightsError, match="cannot be read"):
        load_released(MonoDepth(TINY), tmp_path / "absent.onnx", image)
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(released.read_bytes()[:1000])
    with pytest.raises(WeightsError):
        load_released(MonoDepth(TINY), damaged, image)
