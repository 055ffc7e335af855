from pathlib import Path

import pytest
import torch

from stereopsis.errors import WeightsError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import SINCE_EDITION_2, MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.runtime.weights import find_weights
from stereopsis.train.export import export_network
from stereopsis.train.released import load_checkpoint, load_released
from tests.train.test_export import EXAMPLES, MANIFEST, TINY, with_lived_in_norms


@pytest.fixture(scope="module")
def trained() -> MonoDepth:
    return with_lived_in_norms()


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
        for wanted, got in zip(trained(others), network.eval()(others), strict=True):
            assert difference(wanted, got) < 0.01
        # In training the norms see this batch's own statistics, which are those just measured.
        for wanted, got in zip(network.eval()(images), network.train()(images), strict=True):
            assert difference(wanted, got) < 0.01


def test_the_embedded_network_can_be_gone_on_from() -> None:
    network = MonoDepth(UNetConfig())
    images = torch.randint(0, 256, (2, 64, 64, 3))
    load_released(network, find_weights("mono"), images, may_lack=SINCE_EDITION_2)
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_layers_that_are_new_may_be_absent(trained: MonoDepth, tmp_path: Path) -> None:
    weights = trained.state_dict()
    old = {name: value for name, value in weights.items() if not name.startswith("error_head")}
    torch.save({"averaged": old}, tmp_path / "old.pt")
    network = MonoDepth(TINY)
    untrained = network.error_head.weight.clone()
    load_checkpoint(network, tmp_path / "old.pt", may_lack=("error_head.",))
    assert torch.equal(network.head.weight, trained.head.weight)
    assert torch.equal(network.error_head.weight, untrained)
    with pytest.raises(WeightsError, match=r"no weights for error_head\.weight"):
        load_checkpoint(network, tmp_path / "old.pt")


def test_other_checkpoints_and_files_are_refused(trained: MonoDepth, tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    torch.save({"averaged": trained.state_dict()}, path)
    wider = UNetConfig(TINY.trunk, (20, 12, 8), 8)
    with pytest.raises(WeightsError, match="no weights that fit"):
        load_checkpoint(MonoDepth(wider), path)
    torch.save({"averaged": {**trained.state_dict(), "more": torch.zeros(1)}}, path)
    with pytest.raises(WeightsError, match="holds more, which this network lacks"):
        load_checkpoint(MonoDepth(TINY), path)
    for damage in (path.read_bytes()[:500], b"text"):
        path.write_bytes(damage)
        with pytest.raises(WeightsError, match="not a checkpoint"):
            load_checkpoint(MonoDepth(TINY), path)
    with pytest.raises(WeightsError, match="cannot be read"):
        load_checkpoint(MonoDepth(TINY), tmp_path / "absent.pt")


def test_other_architectures_and_files_are_refused(released: Path, tmp_path: Path) -> None:
    image = torch.zeros(1, 64, 64, 3)
    other = UNetConfig(parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12"), (16, 12), 8)
    with pytest.raises(WeightsError, match="no weights that fit"):
        load_released(MonoDepth(other), released, image)
    shallower = UNetConfig(
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
