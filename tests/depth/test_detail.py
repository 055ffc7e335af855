import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth.detail import transfer_detail
from stereopsis.scene.arrays import InverseDepth


def scene(height: int = 96, width: int = 128) -> InverseDepth:
    """A floor that comes nearer downwards, and a box on it."""
    depth = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, 1)
    depth[height // 4 : height // 2, width // 3 : width // 2] = 0.9
    return depth


def blurred(depth: InverseDepth) -> InverseDepth:
    small = cv2.resize(depth, (32, 24), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)


def enlarged(depth: InverseDepth) -> InverseDepth:
    return np.asarray(cv2.resize(depth, (128, 96), interpolation=cv2.INTER_LINEAR))


def test_edges_come_back_where_the_layout_is_soft() -> None:
    def jump(depth: InverseDepth) -> float:
        return float((depth[30, 42 + 1] - depth[30, 42 - 1]) / (scene()[30, 43] - scene()[30, 41]))

    merged = transfer_detail(blurred(scene()), scene())
    assert jump(enlarged(blurred(scene()))) < 0.3
    assert 0.6 < jump(merged) < 1.1


def test_the_layout_prevails_where_the_detail_tells_another_story() -> None:
    detail = scene() - 1.5 * np.linspace(0, 1, 96, dtype=np.float32)[:, None]  # the floor falls off
    merged = transfer_detail(blurred(scene()), detail)
    assert np.corrcoef(merged.ravel(), scene().ravel())[0, 1] > 0.9
    assert np.corrcoef(detail.ravel(), scene().ravel())[0, 1] < 0.5


def test_detail_is_never_turned_upside_down() -> None:
    layout = blurred(scene())
    merged = transfer_detail(layout, -scene())
    floor, box = merged[40, 20], merged[40, 50]
    assert box > floor


@given(st.floats(0.01, 100), st.floats(-50, 50), st.floats(0.01, 100), st.floats(-50, 50))
def test_scales_and_shifts_change_nothing_but_the_scale_and_shift_of_the_result(
    gain: float, shift: float, layout_gain: float, layout_shift: float
) -> None:
    layout, detail = blurred(scene()), scene()
    plain = transfer_detail(layout, detail)
    moved = transfer_detail(
        (layout_gain * layout + layout_shift).astype(np.float32),
        (gain * detail + shift).astype(np.float32),
    )
    tolerance = 1e-3 * (layout_gain + abs(layout_shift))
    assert np.abs(moved - (layout_gain * plain + layout_shift)).max() < tolerance


@pytest.mark.parametrize("shape", [(96, 128), (40, 300), (33, 7)])
def test_flat_detail_leaves_the_layout_alone(shape: tuple[int, int]) -> None:
    layout = blurred(scene())
    merged = transfer_detail(layout, np.full(shape, 7, np.float32))
    assert merged.shape == shape
    expected = cv2.resize(layout, shape[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.allclose(merged, expected)
