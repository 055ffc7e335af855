import numpy as np
import pytest

from stereopsis.runtime.formats import PictureFormat
from stereopsis.runtime.manifest import Port
from stereopsis.runtime.picture import fill_port, picture_sides, takes_picture

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 3), dtype=np.uint8)
BYTES = Port("image", "uint8", ("n", "h", "w", 3))
PLANES = Port("image", "float32", ("n", 3, "h", "w"))
IMAGENET = PictureFormat("rgb", 1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_our_own_networks_take_pictures_as_they_are() -> None:
    assert fill_port(IMAGES, BYTES, PictureFormat()) is IMAGES


def test_levels_are_scaled_and_normalised_by_channel() -> None:
    array = fill_port(IMAGES, PLANES, IMAGENET)
    assert (array.shape, array.dtype) == ((2, 3, 4, 6), np.float32)
    for channel in range(3):
        expected = IMAGES[..., channel] / 255 - IMAGENET.mean[channel]
        np.testing.assert_allclose(array[:, channel], expected / IMAGENET.std[channel], atol=1e-5)


def test_statistics_are_in_the_order_of_the_channels() -> None:
    swapped = PictureFormat("bgr", 1.0, IMAGENET.mean[::-1], IMAGENET.std[::-1])
    reordered = fill_port(IMAGES, PLANES, swapped)
    np.testing.assert_array_equal(reordered[:, ::-1], fill_port(IMAGES, PLANES, IMAGENET))


@pytest.mark.parametrize("white", [1.0, 255.0, 2.0])
def test_white_is_white(white: float) -> None:
    paper = np.full((1, 2, 2, 3), 255, np.uint8)
    np.testing.assert_allclose(fill_port(paper, PLANES, PictureFormat(white=white)), white)


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        (("n", "h", "w", 3), ("h", "w")),
        (("n", 3, "h", "w"), ("h", "w")),
        ((1, 3, 256, 320), (256, 320)),
        ((1, 256, "w", 3), (256, "w")),
    ],
)
def test_sides_are_found_in_either_layout(shape, sides) -> None:
    port = Port("image", "float32", shape)
    assert takes_picture(port)
    assert picture_sides(port) == sides


@pytest.mark.parametrize("shape", [("n", "h", "w"), ("n", "h", "w", 4), ("h", "w", 3), ()])
def test_other_arrays_are_no_pictures(shape) -> None:
    assert not takes_picture(Port("image", "float32", shape))
