from collections.abc import Callable

import pytest

from stereopsis.errors import OptionError
from stereopsis.search.fbnetv2 import MaskingConfig
from stereopsis.search.finish import RetrainConfig
from stereopsis.search.search_state import SearchConfig


@pytest.mark.parametrize("rate", [0.0, -1e-3, float("nan"), float("inf")])
def test_refuses_rates_at_which_nothing_is_learned(rate: float) -> None:
    makers: list[Callable[[], object]] = [
        lambda: MaskingConfig(theta_rate=rate),
        lambda: RetrainConfig(learning_rate=rate),
        lambda: SearchConfig(weights_rate=rate),
    ]
    for make in makers:
        with pytest.raises(OptionError, match="Nothing is learned at rates"):
            make()


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_refuses_seeds_that_generators_do(seed: int) -> None:
    makers: list[Callable[[], object]] = [
        lambda: MaskingConfig(seed=seed),
        lambda: RetrainConfig(seed=seed),
        lambda: SearchConfig(seed=seed),
    ]
    for make in makers:
        with pytest.raises(OptionError, match="There is no seed"):
            make()
