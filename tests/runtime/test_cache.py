from pathlib import Path

import pytest

from stereopsis.runtime.cache import cache_folder

HOME = Path("/home/dog")


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({}, "linux", "/home/dog/.cache/stereopsis"),
        ({"XDG_CACHE_HOME": "/var/cache"}, "linux", "/var/cache/stereopsis"),
        ({"XDG_CACHE_HOME": "relative"}, "linux", "/home/dog/.cache/stereopsis"),
        ({}, "darwin", "/home/dog/Library/Caches/stereopsis"),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/stereopsis/Cache"),
        ({}, "win32", "/home/dog/AppData/Local/stereopsis/Cache"),
        ({"STEREOPSIS_CACHE": "/here"}, "linux", "/here"),
        ({"STEREOPSIS_CACHE": "/here", "LOCALAPPDATA": "/local"}, "win32", "/here"),
        ({"STEREOPSIS_CACHE": ""}, "darwin", "/home/dog/Library/Caches/stereopsis"),
    ],
)
def test_fetched_files_go_where_the_platform_keeps_such(environment, platform, folder) -> None:
    assert cache_folder(environment, platform, HOME) == Path(folder)
