"""Where fetched files are kept between runs: the platform's own place for such."""

from collections.abc import Mapping
from pathlib import Path

CACHE_VARIABLE = "STEREOPSIS_CACHE"


def cache_folder(environment: Mapping[str, str], platform: str, home: Path) -> Path:
    """The folder for fetched files, which may not exist yet.

    STEREOPSIS_CACHE names it; else it is that of the XDG base directory specification on Linux
    and the like, Library/Caches on macOS, and the local application data on Windows. `platform`
    is sys.platform.
    """
    named = environment.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    if platform == "darwin":
        return home / "Library" / "Caches" / "stereopsis"
    if platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / "stereopsis" / "Cache"
    xdg = environment.get("XDG_CACHE_HOME", "")
    return (Path(xdg) if Path(xdg).is_absolute() else home / ".cache") / "stereopsis"
