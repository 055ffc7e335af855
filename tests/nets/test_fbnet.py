import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from stereopsis.errors import WeightsError
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost, classifier_layers
from stereopsis.nets.fbnet import PUBLISHED, FBNet, load_timm, pad_evenly
from stereopsis.search.cost import published_count
from tests.nets.named_weights import draw_image, draw_weights

# Parameters and FLOPs as their authors published them.
FIGURES = {
    "FBNetV2-F1": (5_999_408, 56_410_560),
    "FBNetV2-F2": (5_999_408, 85_441_392),
    "FBNetV2-F3": (6_899_504, 121_824_000),
    "FBNetV2-F4": (6_994_824, 238_351_984),
    "FBNetV2-L1": (8_496_520, 326_023_008),
    "FBNetV2-L2": (8_496_520, 423_912_768),
    "FBNetV3-A": (8_542_224, 356_598_280),
    "FBNetV3-B": (8_542_224, 461_550_136),
    "FBNetV3-C": (9_907_136, 556_969_904),
    "FBNetV3-D": (10_237_552, 644_420_352),
    "FBNetV3-E": (10_699_464, 762_046_336),
    "FBNetV3-F": (13_803_072, 1_181_644_520),
    "FBNetV3-G": (16_513_648, 2_129_656_384),
}
ALL_PARAMETERS = {"FBNetV2-F4": 7_022_880, "FBNetV3-A": 8_598_480, "FBNetV3-G": 16_623_920}


def test_all_thirteen_are_there() -> None:
    assert PUBLISHED.keys() == FIGURES.keys()


@pytest.mark.parametrize("name", PUBLISHED)
def test_costs_what_was_published_to_the_unit(name: str) -> None:
    cost = published_count(PUBLISHED[name])
    assert (cost.params, cost.flops) == FIGURES[name]


@pytest.mark.parametrize("name", ALL_PARAMETERS)
def test_has_the_parameters_of_the_original(name: str) -> None:
    assert sum(p.numel() for p in FBNet(PUBLISHED[name]).parameters()) == ALL_PARAMETERS[name]


@pytest.mark.parametrize("name", ["FBNetV2-F1", "FBNetV3-A"])
def test_counted_from_its_lines_it_costs_what_it_costs_when_it_runs(name: str) -> None:
    side = PUBLISHED[name].resolution
    assert side is not None
    network = FBNet(PUBLISHED[name]).eval()
    measured = measure_cost(network, torch.zeros(1, 3, side, side))
    layers = list(classifier_layers(PUBLISHED[name], 1000, (side, side)))
    counted = Cost(sum(each.params for each in layers), sum(each.flops for each in layers))
    assert counted == measured


def theirs(letter: str) -> dict[str, Any]:
    """What scripts/timm_fbnetv3.py found out about a model of timm's."""
    file = Path(__file__).parent / "timm_fbnetv3.json.gz"
    found: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))[letter]
    return found


@pytest.mark.parametrize("letter", ["b", "d", "g"])
def test_answers_as_timm_does_on_the_same_weights(letter: str) -> None:
    model, architecture = theirs(letter), PUBLISHED[f"FBNetV3-{letter.upper()}"]
    network = FBNet(pad_evenly(architecture)).eval()
    load_timm(network, draw_weights(model["shapes"]))
    with torch.no_grad():
        scores = network(draw_image())[0, :50]
    scale = scores.abs().max()
    torch.testing.assert_close(
        scores / scale, torch.tensor(model["scores"]) / scale, rtol=1e-5, atol=1e-5
    )
    is_fitted = [
        name for name in model["shapes"] if not name.endswith(("_mean", "_var", "tracked"))
    ]
    fitted = sum(math.prod(model["shapes"][name]) for name in is_fitted)
    stem_bias = architecture.stages[0].channels
    assert sum(p.numel() for p in network.parameters()) - stem_bias == fitted


def test_refuses_weights_of_another_model() -> None:
    weights = draw_weights(theirs("b")["shapes"])
    with pytest.raises(WeightsError, match="not those of this FBNet"):
        load_timm(FBNet(PUBLISHED["FBNetV3-D"]), weights)
    del weights["conv_head.weight"]
    with pytest.raises(WeightsError, match="not those of this FBNet"):
        load_timm(FBNet(PUBLISHED["FBNetV3-B"]), weights)
