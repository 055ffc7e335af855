import torch
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.nets.subsample import place_back, subsample

sides = st.integers(1, 40)


@given(sides, sides, st.data())
def test_pixels_return_to_where_they_came_from(
    height: int, width: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    x = torch.arange(1.0, height * width + 1).reshape(1, 1, height, width)
    small = subsample(x, size)
    whole = place_back(small, (height, width))
    gain = height * width / (size[0] * size[1])
    came_back = whole > 0
    assert came_back.sum() == size[0] * size[1]
    torch.testing.assert_close(whole[came_back] / gain, x[came_back])
    torch.testing.assert_close(whole.mean(), small.mean())


def test_picks_pixels_from_the_whole_picture() -> None:
    x = torch.arange(100.0).reshape(1, 1, 10, 10)
    assert subsample(x, (2, 2)).flatten().tolist() == [22, 27, 72, 77]
