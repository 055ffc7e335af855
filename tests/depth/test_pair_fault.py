import cv2
import numpy as np

from stereopsis.depth.pair_fault import PairFault, pair_fault
from stereopsis.depth.rectify import rectify
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.stereo import StereoPair
from tests.depth.eyes import CAMERA, Eyes, as_pair, texture


def fault(pair: StereoPair) -> PairFault | None:
    return pair_fault(pair, rectify(pair))


def recompressed(image: ColorImage) -> ColorImage:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def test_two_eyes_have_no_fault() -> None:
    assert fault(Eyes().pair()) is None
    assert fault(Eyes((0.02, 0.01, -0.02), 0.997).pair("right")) is None


def test_the_same_picture_twice_is_known_even_if_saved_again() -> None:
    image = Eyes().pair().left.pixels
    assert fault(as_pair(image, image)) == "same picture twice"
    assert fault(as_pair(image, recompressed(image))) == "same picture twice"


def test_hardly_any_contrast_shows_no_scene() -> None:
    image, rng = texture(0), np.random.default_rng(0)
    faint = (128 + rng.normal(0, 4, image.shape)).astype(np.uint8)
    for pair in (as_pair(image, faint), as_pair(faint, image)):
        assert fault(pair) == "different scenes"


def test_different_scenes_are_known() -> None:
    assert fault(as_pair(texture(0), texture(5))) == "different scenes"
    assert fault(as_pair(texture(0), texture(5)[::2, ::2])) == "different scenes"


def test_swapped_eyes_show_in_the_disparities() -> None:
    pair = Eyes().pair()
    plain, swapped = rectify(pair), rectify(as_pair(pair.right.pixels, pair.left.pixels))
    low, middle, high = plain.verdict.disparity_px
    assert middle > 0 > swapped.verdict.disparity_px[1]
    assert high - low > CAMERA.focal_px / 8
