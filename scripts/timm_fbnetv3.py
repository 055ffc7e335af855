#!/usr/bin/env python3
"""Writes what timm's fbnetv3_b, _d and _g answer, for tests/nets/test_fbnet.py to compare with.

timm needs torchvision, which has no build for every PyTorch that these tests run with, so that it
is no part of the tests. Run this where both are installed (pip install timm):

    scripts/timm_fbnetv3.py tests/nets/timm_fbnetv3.json.gz
"""

import gzip
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.nets.named_weights import draw_image, draw_weights


def describe(letter: str) -> dict[str, object]:
    """Names and shapes of the model's tensors, and its answer with weights drawn by name."""
    import timm

    model = timm.create_model(f"fbnetv3_{letter}", pretrained=False).eval()
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    model.load_state_dict(draw_weights(shapes))
    with torch.inference_mode():
        scores = model(draw_image())
    return {"timm": timm.__version__, "shapes": shapes, "scores": scores[0, :50].tolist()}


if __name__ == "__main__":
    text = json.dumps({letter: describe(letter) for letter in "bdg"})
    Path(sys.argv[1]).write_bytes(gzip.compress(text.encode(), mtime=0))
