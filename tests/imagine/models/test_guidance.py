import pytest
import torch
from torch import nn

from stereopsis.imagine.models.guidance import embed_twice, evaluating, guide
from tests.imagine.models.tiny import tiny_pixel


def test_no_guidance_is_the_caption_and_more_goes_away_from_none() -> None:
    wanted, plain = torch.tensor([[2.0], [5.0]]), torch.tensor([[1.0], [5.0]])
    told = torch.cat([wanted, plain])
    assert torch.equal(guide(told, 1), wanted) and torch.equal(guide(told, 0), plain)
    assert guide(told, 3).tolist() == [[4.0], [5.0]]


def test_the_second_half_is_told_nothing() -> None:
    generator = tiny_pixel()
    both = embed_twice(generator, ["red apple", "blue"])
    assert both.states.shape[0] == 4
    assert torch.equal(both.states[2], both.states[3])
    assert not torch.equal(both.states[0], both.states[2])


def test_a_network_trains_on_after_it_was_evaluated_even_in_vain() -> None:
    network = nn.Dropout()
    with evaluating(network):
        assert not network.training
    with pytest.raises(KeyError), evaluating(network):
        raise KeyError
    assert network.training
    with evaluating(network.eval()):
        pass
    assert not network.training
