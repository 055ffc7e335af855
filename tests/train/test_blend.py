from pathlib import Path

import pytest
import torch

from stereopsis.errors import WeightsError
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.train.blend import blend, main


def test_weights_lie_between() -> None:
    old = {"w": torch.zeros(3), "count": torch.tensor(5)}
    new = {"w": torch.tensor([1.0, 2.0, -4.0]), "count": torch.tensor(9)}
    between = blend(old, new, 0.25)
    torch.testing.assert_close(between["w"], torch.tensor([0.25, 0.5, -1.0]))
    assert between["count"] == 9
    assert torch.equal(blend(old, new, 1.0)["w"], new["w"])
    assert torch.equal(blend(old, new, 0.0)["w"], old["w"])


def test_layers_that_the_old_network_lacks_are_the_new_one_s(tmp_path: Path) -> None:
    torch.manual_seed(0)
    old, new = (MonoDepth(UNetConfig()).state_dict() for _ in range(2))
    first = {name: value for name, value in old.items() if not name.startswith("error_head.")}
    torch.save({"averaged": first}, tmp_path / "old.pt")
    torch.save({"averaged": new}, tmp_path / "new.pt")
    main(tmp_path / "old.pt", tmp_path / "new.pt", tmp_path / "both.pt", share=0.5)
    both = torch.load(tmp_path / "both.pt", weights_only=True)["averaged"]
    assert torch.equal(both["error_head.weight"], new["error_head.weight"])
    mean = (old["head.weight"] + new["head.weight"]) / 2
    torch.testing.assert_close(both["head.weight"], mean)


def test_other_networks_are_refused(tmp_path: Path) -> None:
    torch.save({"averaged": {"w": torch.zeros(1)}}, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match="holds no weights"):
        main(tmp_path / "other.pt", tmp_path / "other.pt", tmp_path / "both.pt")
