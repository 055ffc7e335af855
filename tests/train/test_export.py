from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from stereopsis.errors import WeightsError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.runtime.manifest import Manifest, Port, read_manifest
from stereopsis.runtime.network import open_network
from stereopsis.train.export import export_network, fold_norms

MANIFEST = Manifest(
    name="tiny",
    edition="1",
    inputs=(Port("image", "uint8", ("n", "h", "w", 3), "sRGB"),),
    outputs=(
        Port("inverse_depth", "float32", ("n", "h", "w"), "larger is nearer"),
        Port("error", "float32", ("n", "h", "w"), "expected"),
    ),
    multiple=32,
    sha256="",
    commit="",
    recipe="",
    trained_on=(),
    metrics={},
    licence="Apache-2.0",
)
TINY = UNetConfig(
    parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12_n2\nir_k5_s2_e2_c16"), (16, 12, 8), 8
)


def images(*shapes: tuple[int, int, int]) -> list[tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(0)
    return [(rng.integers(0, 256, (*shape, 3), dtype=np.uint8),) for shape in shapes]


EXAMPLES = images((2, 64, 96), (1, 96, 32))


def with_lived_in_norms() -> MonoDepth:
    """A network whose batch norms have seen something, ready to answer."""
    torch.manual_seed(0)
    network = MonoDepth(TINY).train()
    for _ in range(20):
        network(torch.randint(0, 256, (4, 64, 64, 3)))
    return network.eval()


@pytest.fixture(scope="module")
def network() -> MonoDepth:
    return with_lived_in_norms()


@pytest.fixture(scope="module")
def exported(network: MonoDepth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_network(network, MANIFEST, tmp_path_factory.mktemp("net"), EXAMPLES)


def test_the_file_answers_like_the_module_at_any_size(network: MonoDepth, exported: Path) -> None:
    opened = open_network(exported)
    for (image,) in images((1, 32, 32), (3, 64, 160)):
        with torch.inference_mode():
            expected = network.eval()(torch.from_numpy(image))
        for wanted, got in zip(expected, opened.run(image), strict=True):
            assert np.abs(got - wanted.numpy()).max() < 0.01 * np.ptp(wanted.numpy())


def test_the_manifest_knows_the_file(exported: Path) -> None:
    manifest = read_manifest(exported.with_suffix(".json"))
    assert manifest.name == "tiny"
    assert len(manifest.sha256) == 64


def test_free_sizes_have_the_manifest_s_names(exported: Path) -> None:
    graph = onnx.load(exported).graph
    for value, port in zip(
        (*graph.input, *graph.output), (*MANIFEST.inputs, *MANIFEST.outputs), strict=True
    ):
        dimensions = value.type.tensor_type.shape.dim
        assert tuple(d.dim_param or d.dim_value for d in dimensions) == port.shape


def test_weights_take_two_bytes_each(network: MonoDepth, exported: Path) -> None:
    weights = onnx.load(exported).graph.initializer
    large = [weight for weight in weights if numpy_helper.to_array(weight).size >= 256]
    assert large
    assert all(weight.data_type == TensorProto.FLOAT16 for weight in large)


def test_no_batch_norm_and_no_path_of_this_computer_is_left(exported: Path) -> None:
    model = onnx.load(exported)
    assert not any(node.op_type == "BatchNormalization" for node in model.graph.node)
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)
    assert str(Path(__file__).parents[2]).encode() not in exported.read_bytes()


def test_folding_changes_no_answer_and_not_the_module(network: MonoDepth) -> None:
    network.eval()
    folded = fold_norms(network)
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())
    image = torch.from_numpy(EXAMPLES[0][0])
    torch.testing.assert_close(folded(image), network(image), rtol=1e-4, atol=1e-4)


class Fickle(nn.Module):
    """Answers otherwise when it is traced than when it is run."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gain = 1.0 if torch.compiler.is_compiling() else 1.1
        brightness = image.float().mean(3) * gain
        return brightness, 2 * brightness


def test_a_file_that_answers_otherwise_is_refused_and_an_earlier_one_stays(
    network: MonoDepth, tmp_path: Path
) -> None:
    def refused() -> dict[str, bytes]:
        with pytest.raises(WeightsError, match="differs from the network it came from"):
            export_network(Fickle(), MANIFEST, tmp_path, EXAMPLES)
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert refused() == {}
    path = export_network(network, MANIFEST, tmp_path, EXAMPLES)
    good = {each.name: each.read_bytes() for each in (path, path.with_suffix(".json"))}
    assert refused() == good


class Scores(nn.Module):
    """So many scores for each picture, nearly the same, in a file that is as inexact as halves."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        gain = 1.0 if torch.compiler.is_compiling() else 1.002
        brightness = image.float().mean((1, 2, 3))[:, None]
        return gain * brightness * torch.linspace(1, 1.01, self.count)


@pytest.mark.parametrize("count", [1, 2])
def test_scores_without_a_range_are_compared_by_their_size(count: int, tmp_path: Path) -> None:
    (example,) = images((1, 32, 32))
    named = replace(
        MANIFEST,
        inputs=(Port("image", "uint8", (1, 32, 32, 3)),),
        outputs=(Port("scores", "float32", (1, count)),),
    )
    network = Scores(count).eval()
    opened = open_network(export_network(network, named, tmp_path, [example]))
    with torch.inference_mode():
        expected = network(torch.from_numpy(example[0])).numpy()
    np.testing.assert_allclose(opened.run(*example)[0], expected, rtol=0.01)
