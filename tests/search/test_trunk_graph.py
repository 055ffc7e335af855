import numpy as np
import onnx
import onnxruntime
import pytest

from stereopsis.search.cost import count_trunk
from stereopsis.search.trunk_graph import build_graph
from tests.search.spaces import SPACE, draws


@pytest.mark.parametrize("candidate", draws(SPACE, 6))
def test_has_the_convolutions_that_are_counted_and_runs(candidate: tuple[int, ...]) -> None:
    architecture = SPACE.derive(SPACE.space().describe(candidate))
    model = build_graph(architecture, (24, 40))
    onnx.checker.check_model(model)
    layers = [node for node in model.graph.node if node.op_type == "Conv"]
    assert len(layers) == count_trunk(architecture, (24, 40)).layers
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (features,) = session.run(None, {"image": np.zeros((1, 3, 24, 40), np.float32)})
    assert features.shape[:2] == (1, 40)
