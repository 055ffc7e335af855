import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.imagine.tune.config import StopConfig, TuneConfig, measured_steps, train_config


@given(st.integers(1, 15_000), st.integers(1, 500), st.floats(1.01, 4))
def test_measured_steps_grow_from_none_to_the_last(steps: int, first: int, growth: float) -> None:
    config = TuneConfig(steps=steps, first=first, growth=growth)
    found = measured_steps(config)
    assert found[0] == 0 and found[-1] == steps and found == sorted(set(found))
    loop = train_config(config, 1)
    assert all(step % loop.look_every == 0 for step in found)


def test_every_so_many_steps() -> None:
    assert measured_steps(TuneConfig(steps=25, every=10)) == [0, 10, 20, 25]


def test_the_paper_is_the_default() -> None:
    config = TuneConfig()
    assert (config.batch, config.noise_offset, config.steps) == (64, 0.1, 15_000)
    assert train_config(config, 1).noise_offset == 0.1


@pytest.mark.parametrize("steps", [0, 15_001])
def test_more_than_the_papers_steps_are_refused(steps: int) -> None:
    with pytest.raises(OptionError, match="steps are asked for"):
        TuneConfig(steps=steps)
    with pytest.raises(OptionError, match="do not grow"):
        TuneConfig(growth=1.0)
    with pytest.raises(OptionError, match="out of its range"):
        StopConfig(breaks=0)
    with pytest.raises(OptionError, match="out of its range"):
        StopConfig(least_diversity=1.1)
