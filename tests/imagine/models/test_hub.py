import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import filter_repo_objects

from stereopsis.errors import WeightsError
from stereopsis.imagine.models import open as open_module
from stereopsis.imagine.models.hub import is_offline
from stereopsis.imagine.models.open import open_generator
from tests.imagine.models.tiny import write_stable_diffusion

NO_MODEL = HfHubHTTPError("no such model", response=SimpleNamespace(headers={}, request=None))  # type: ignore[arg-type]


def test_no_second_precision_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stable_diffusion(tmp_path)
    asked: dict[str, object] = {}

    def snapshot(name: str, local_files_only: bool, **given: object) -> str:
        asked.update(given)
        return str(tmp_path)

    monkeypatch.setattr(open_module, "is_offline", lambda name: False)
    monkeypatch.setattr(open_module, "hf_hub_download", lambda *_, **__: str(tmp_path / "x"))
    monkeypatch.setattr(open_module, "snapshot_download", snapshot)
    open_generator("me/model")
    names = [
        "unet/model.safetensors",
        "unet/model-00001-of-00002.safetensors",
        "unet/model.safetensors.index.json",
        "unet/model.fp16.safetensors",
        "unet/model.fp16-00001-of-00002.safetensors",
        "flax/model.safetensors",
    ]
    assert list(filter_repo_objects(names, **asked)) == names[:3]


def test_a_lost_connection_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, file: str, local_files_only: bool) -> str:
        assert not local_files_only
        assert not logging.getLogger("huggingface_hub.utils").isEnabledFor(logging.WARNING)
        raise OSError("no route to the host")

    monkeypatch.setattr(open_module, "is_offline", lambda name: False)
    monkeypatch.setattr(open_module, "hf_hub_download", fail)
    with pytest.raises(WeightsError, match=r"cannot be had .*\(no route to the host\)"):
        open_generator("me/nosuch")


def test_without_a_connection_what_was_downloaded_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "models--me--tiny"
    write_stable_diffusion(kept / "snapshots" / "0123abcd")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("0123abcd")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(HfApi, "model_info", unreachable)
    assert open_generator("me/tiny").side == 16
    with pytest.raises(WeightsError, match=r"cannot be had .*\(it does not answer\)"):
        open_generator("me/nosuch")


@pytest.mark.parametrize(
    ("raised", "offline"), [(None, False), (ConnectionError(), True), (NO_MODEL, False)]
)
def test_an_answer_is_told_from_none(
    raised: Exception | None, offline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object, **__: object) -> None:
        if raised is not None:
            raise raised

    monkeypatch.setattr(HfApi, "model_info", ask)
    assert is_offline("me/model") == offline


def test_what_is_no_id_is_no_lost_connection() -> None:
    assert not is_offline("me/my model")
