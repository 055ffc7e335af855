from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stereopsis.errors import DataError, OptionError
from stereopsis.studies.same_study import digest, keep_to, mark_training
from tests.search.proxies import make_proxy


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    for _ in range(2):
        keep_to(path, {"steps": 3, "rates": (0.5, 1.0)})
    with pytest.raises(OptionError, match=r"other settings \(steps 3, not 4\)"):
        keep_to(path, {"steps": 4, "rates": (0.5, 1.0)})
    path.write_text("[1]")
    with pytest.raises(DataError, match="holds no settings"):
        keep_to(path, {"steps": 3})


def test_a_digest_tells_parts_and_their_order_apart() -> None:
    parts = [[b"ab", b"c"], [b"a", b"bc"], [b"c", b"ab"], [b"abc"], [np.arange(3)], [np.ones(3)]]
    assert len({digest(each) for each in parts}) == len(parts)
    assert digest([np.arange(3)]) == digest([np.arange(6)[:3]])


def test_a_mark_tells_trainings_apart() -> None:
    proxy = make_proxy()
    torch.manual_seed(0)
    net = nn.Linear(3, 2)
    other = [
        mark_training(nn.Linear(3, 2), proxy, 5),
        mark_training(net, replace(proxy, image=255 - proxy.image), 5),
        mark_training(net, proxy, 6),
        mark_training(nn.Sequential(net), proxy, 5),
    ]
    assert mark_training(net, proxy, 5) == mark_training(net, proxy, 5) not in other
    assert len(set(other)) == len(other)
