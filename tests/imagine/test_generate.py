import numpy as np
import pytest
import torch

from stereopsis.errors import OptionError
from stereopsis.imagine.generate import SEEN_PX, as_photo, file_name, imagine_pictures
from stereopsis.imagine.memory import within_memory
from tests.imagine.models.tiny import tiny_pixel


def test_pictures_are_what_the_generator_draws() -> None:
    generator = tiny_pixel()
    pictures = list(imagine_pictures("red apple", [1, 2], generator))
    assert np.array_equal(pictures[1], generator.sample(["red apple"], [2])[0].numpy())


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A red apple, on a table", "a-red-apple-on-a-table"),
        ("../..", "picture"),
        ("Äpfel", "äpfel"),
    ],
)
def test_names_of_files(prompt: str, name: str) -> None:
    assert file_name(prompt) == name


def test_large_pictures_stay_as_they_are() -> None:
    large = np.zeros((SEEN_PX, SEEN_PX + 8, 3), np.uint8)
    photo, told = as_photo(large)
    assert photo.pixels is large and told is None
    photo, told = as_photo(large[:64, :32])
    assert photo.pixels.shape[:2] == (1024, 512) and told is not None


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA"),
        RuntimeError("DefaultCPUAllocator: not enough memory"),
    ],
)
def test_a_full_memory_is_a_sentence(error: Exception) -> None:
    with pytest.raises(OptionError, match=r"It takes more memory than there is\. Wait\."):
        with within_memory("It", "Wait."):
            raise error


def test_other_errors_stay_themselves() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        with within_memory("It", "Wait."):
            raise RuntimeError("shapes differ")
