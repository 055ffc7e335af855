import numpy as np
import pytest

from stereopsis.imagine.generate import EMBEDDED, imagine_pictures, open_model
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.release import CARD, MOST_BYTES, weight_of
from stereopsis.scene.arrays import ColorImage


@pytest.fixture(scope="module")
def model() -> Generator:
    return open_model()


def drawn(model: Generator, prompt: str, seeds: tuple[int, ...] = (0, 1)) -> list[ColorImage]:
    return list(imagine_pictures(prompt, seeds, model))


def test_it_is_small_and_says_from_what_it_learned() -> None:
    assert weight_of(EMBEDDED) <= MOST_BYTES
    card = (EMBEDDED / CARD).read_text(encoding="utf-8")
    for told in ("Apache-2.0", "CC-BY-SA-4.0", "target-look win rates", "0 human votes"):
        assert told.casefold() in card.casefold()


def test_it_does_not_tell_on_which_machine_it_was_made() -> None:
    told = [path.read_text(encoding="utf-8") for path in EMBEDDED.rglob("*.json")]
    assert len(told) >= 4 and not any('"/' in each for each in told)


def test_words_decide_what_is_drawn_and_seeds_how(model: Generator) -> None:
    apples, trees = drawn(model, "red apple"), drawn(model, "tree")
    assert apples[0].shape == (64, 64, 3)
    middle = [np.stack(each)[:, 16:48, 16:48].mean((0, 1, 2)) for each in (apples, trees)]
    assert middle[0][0] > 1.5 * middle[0][1:].max()  # red
    assert middle[1][1] > middle[1][2] and middle[1][0] < 0.7 * middle[0][0]  # green and brown
    assert (apples[0] != apples[1]).any() and (apples[0] == drawn(model, "red apple")[0]).all()
    assert (apples[0][0] > 230).all()  # a thing by itself before white
