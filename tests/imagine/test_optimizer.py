from torch import nn

from stereopsis.imagine.optimizer import build_optimizer
from stereopsis.imagine.train_config import TrainConfig
from tests.imagine.models.tiny import tiny_latent, tiny_masked


def test_embeddings_gains_and_offsets_are_not_decayed() -> None:
    network = tiny_masked().network
    embedded = [each.weight for each in network.modules() if isinstance(each, nn.Embedding)]
    assert embedded
    for group in build_optimizer(network, TrainConfig()).param_groups:
        for each in group["params"]:
            kept = each.ndim <= 1 or any(each is other for other in embedded)
            assert group["weight_decay"] == (0.0 if kept else TrainConfig().weight_decay)


def test_saved_runs_find_their_numbers_again() -> None:
    for network in (tiny_masked().network, tiny_latent().network):
        wanted = [each for each in network.parameters() if each.ndim > 1]
        wanted += [each for each in network.parameters() if each.ndim <= 1]
        groups = build_optimizer(network, TrainConfig()).param_groups
        numbered = [each for group in groups for each in group["params"]]
        assert [id(each) for each in numbered] == [id(each) for each in wanted]
    assert [group["weight_decay"] for group in groups] == [TrainConfig().weight_decay, 0.0]
