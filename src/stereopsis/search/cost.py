"""What networks cost under the rules by which papers count."""

from typing import NamedTuple

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture
from stereopsis.nets.count import Cost, Size, classifier_layers, list_layers

CLASSES = 1000  # of ImageNet


class Tally(NamedTuple):
    """What there is to count of a trunk: trained parameters, multiply-adds, numbers written."""

    params: float
    dense_flops: float
    depthwise_flops: float
    elements: float
    layers: float

    @property
    def cost(self) -> Cost:
        """Parameters and all multiply-adds."""
        return Cost(round(self.params), round(self.dense_flops + self.depthwise_flops))


def published_count(architecture: Architecture, classes: int = CLASSES) -> Cost:
    """The cost of the classifier, by the rule of the published FBNetV2 and FBNetV3 figures.

    `params` are weights of convolutions and linear layers, without biases and batch norms. `flops`
    are their multiply-adds, and one for each number that a mean over the whole picture takes in.

    Raises:
        OptionError: the architecture does not say for which resolution it is meant.
    """
    layers = list(classifier_layers(architecture, classes, _side(architecture)))
    return Cost(
        sum(layer.weights for layer in layers),
        sum(layer.flops + layer.pooled_elements for layer in layers),
    )


def count_trunk(architecture: Architecture, size: Size, inputs: int = 3) -> Tally:
    """The cost of the stages alone on pictures of this (height, width)."""
    layers = list(list_layers(architecture, size, inputs))
    dense = [layer for layer in layers if layer.groups == 1]
    return Tally(
        sum(layer.params for layer in layers),
        sum(layer.flops for layer in dense),
        sum(layer.flops for layer in layers if layer.groups > 1),
        sum(layer.outputs * layer.size[0] * layer.size[1] for layer in layers),
        len(layers),
    )


def _side(architecture: Architecture) -> Size:
    if architecture.resolution is None:
        raise OptionError(
            "The architecture does not say for which resolution it is meant.",
            "Begin it with a line like res_224.",
        )
    return architecture.resolution, architecture.resolution
