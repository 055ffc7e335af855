import cv2
import numpy as np
import pytest

from stereopsis.train.halo import measure_halo

HEIGHT, WIDTH = 60, 80
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.bool_)


def box() -> np.ndarray:
    truth = np.ones((HEIGHT, WIDTH), np.float32)
    truth[20:40, 30:60] = 2.0
    return truth


def test_truth_has_no_halo():
    halo = measure_halo(box(), box(), EVERYWHERE)
    assert halo is not None
    assert (halo.halo_px, halo.halo_px_90, halo.silhouettes_seen) == (0, 0, 100)


@pytest.mark.parametrize("px", [1, 3])
@pytest.mark.parametrize("wider", [True, False])
def test_a_moved_silhouette_is_off_by_as_much(px: int, wider: bool):
    kernel = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
    guess = cv2.dilate(box(), kernel) if wider else cv2.erode(box(), kernel)
    halo = measure_halo(guess, box(), EVERYWHERE)
    assert halo is not None
    assert halo.halo_px == halo.halo_px_90 == px


def test_wider_ramps_have_wider_halos_whatever_their_contrast():
    widths = []
    for blur in (1, 2, 3):
        guess = cv2.GaussianBlur(box(), (0, 0), blur)
        halo, faint = (measure_halo(g, box(), EVERYWHERE) for g in (guess, 0.5 * guess + 0.5))
        assert halo is not None and faint is not None
        assert halo == faint
        widths.append(halo.halo_px)
    assert widths == sorted(widths) and widths[0] < widths[-1]


def test_what_is_not_seen_counts_as_such():
    halo = measure_halo(np.ones((HEIGHT, WIDTH)), box(), EVERYWHERE)
    assert halo is not None
    assert halo.silhouettes_seen == 0 and np.isnan(halo.halo_px)


def test_without_silhouettes_there_is_nothing_to_judge():
    ramp = np.linspace(1, 2, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1), np.float32)
    assert measure_halo(ramp, ramp, EVERYWHERE) is None
    unknown = EVERYWHERE.copy()
    unknown[18:42, 28:62] = False
    assert measure_halo(box(), box(), unknown) is None
