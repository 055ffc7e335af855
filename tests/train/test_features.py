import pytest
import torch

from stereopsis.nets.trunk import Trunk
from stereopsis.train.features import build_eye, feature_distance


@pytest.fixture(scope="module")
def eye() -> Trunk:
    return build_eye()


def noisy(share: float) -> torch.Tensor:
    """A picture with this share of noise added."""
    rng = torch.Generator().manual_seed(0)
    picture = torch.rand(2, 64, 64, 3, generator=rng) * 255
    return picture + share * 255 * (torch.rand(2, 64, 64, 3, generator=rng) - 0.5)


def test_features_differ_more_the_more_pictures_do(eye: Trunk) -> None:
    distances = [feature_distance(noisy(share), noisy(0), eye).item() for share in (0, 0.1, 0.5)]
    assert distances[0] == 0 and 0 < distances[1] < distances[2] < 2


def test_places_count_by_where_they_are_asked_for(eye: Trunk) -> None:
    half = noisy(0)
    half[:, :, 32:] = noisy(0.5)[:, :, 32:]
    right = torch.zeros(2, 64, 64, dtype=torch.bool)
    right[:, :, 48:] = True
    there, elsewhere = (feature_distance(half, noisy(0), eye, at) for at in (right, right.flip(2)))
    assert there > 5 * elsewhere
    everywhere = feature_distance(half, noisy(0), eye, torch.ones_like(right))
    assert everywhere == pytest.approx(feature_distance(half, noisy(0), eye).item(), rel=1e-5)
    assert feature_distance(half, noisy(0), eye, torch.zeros_like(right)) == 0
