import re

import pytest

from stereopsis.depth.model import check_depth_network
from stereopsis.runtime.catalogue import PUBLIC_MODELS


@pytest.mark.parametrize("name", PUBLIC_MODELS)
def test_every_entry_is_pinned_and_usable(name: str) -> None:
    model = PUBLIC_MODELS[name]
    assert model.manifest.name == name
    assert re.fullmatch(r"https://[^/]+/.+\.onnx", model.url)
    assert not {"main", "master", "latest"} & set(model.url.split("/"))
    assert re.fullmatch("[0-9a-f]{64}", model.manifest.sha256)
    assert model.bytes > 1_000_000
    assert model.manifest.licence
    check_depth_network(model.manifest, f"{name}.onnx")


def test_no_two_entries_share_a_file() -> None:
    assert len({model.manifest.sha256 for model in PUBLIC_MODELS.values()}) == len(PUBLIC_MODELS)
