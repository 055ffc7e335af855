from dataclasses import replace
from pathlib import Path

import pytest

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture, parse_architecture
from stereopsis.nets.fbnet import PUBLISHED, pad_evenly
from stereopsis.nets.trunk import EFFICIENTNET_LITE0, Trunk
from stereopsis.search.check_architecture import check_architecture
from stereopsis.search.depth_task import DepthTask
from stereopsis.search.pictures_task import Classifier, PicturesTask
from tests.search.tasks import SMALL, colored, task
from tests.search.test_depth_task import numbered

PATH = Path("mine.txt")
WHOLE = PUBLISHED["FBNetV3-A"]
FBNETV3_A = replace(WHOLE, stages=WHOLE.stages[:-1], resolution=None)


@pytest.fixture(scope="module")
def depth() -> DepthTask:
    return DepthTask([numbered(40)])


@pytest.mark.parametrize("architecture", [EFFICIENTNET_LITE0, pad_evenly(FBNETV3_A)])
def test_says_nothing_of_what_can_be_trained(depth: DepthTask, architecture: Architecture) -> None:
    check_architecture(depth, architecture, PATH)


def test_too_few_halvings_are_told(depth: DepthTask) -> None:
    four = replace(EFFICIENTNET_LITE0, stages=EFFICIENTNET_LITE0.stages[:-2])
    with pytest.raises(OptionError, match=r"mine\.txt: .* of depth .* 5 times"):
        check_architecture(depth, four, PATH)


def test_uneven_paddings_are_told_where_they_alone_are_at_fault(depth: DepthTask) -> None:
    with pytest.raises(OptionError, match=r"mine\.txt: .*Leave the paddings like p0 out"):
        check_architecture(depth, FBNETV3_A, PATH)
    shrinks = parse_architecture("conv_k3_s2_c4" + 2 * "\nir_k5_s2_e2_c8_p0" + "\nir_k3_s2_e2_c8")
    with pytest.raises(OptionError, match=r"mine\.txt: .*Leave the paddings like p0 out"):
        check_architecture(task, shrinks, PATH)


def test_whatever_else_is_wrong_is_told_with_the_file(depth: DepthTask) -> None:
    with pytest.raises(OptionError, match=r"mine\.txt: After a pool stage"):
        check_architecture(depth, WHOLE, PATH)

    class Narrow(PicturesTask):
        def build(self, trunk: Trunk) -> Classifier:
            if trunk.channels[-1] > 8:
                raise ValueError("too wide")
            return Classifier(trunk, self.classes, 4)

    narrow = Narrow(colored(160, 1), colored(40, 2), task.space, SMALL)
    with pytest.raises(OptionError, match=r"mine\.txt: .*too wide.* Give one like those"):
        check_architecture(narrow, parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c9"), PATH)
