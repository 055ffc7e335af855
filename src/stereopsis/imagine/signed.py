"""Folders of runs, signed with all that a run depends on: what is another run is refused there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stereopsis.errors import DataError, OptionError
from stereopsis.outputs import prepare_folder, write_all

SETTINGS = "settings.json"


def sign(folder: Path, settings: Mapping[str, Any], what: str) -> None:
    """Leaves the settings in the folder of a run (`what` it is), or sees that they are the same.

    `config` among them holds numbers and names that people gave; all else, such as digests, they
    need not read. A number or name that the folder's own settings lack, as it was not signed then,
    is no change; all else that they lack is one.

    Raises:
        OptionError: they are not.
        DataError: the file of settings is damaged.
        OutputError: the folder cannot be written.
    """
    prepare_folder(folder)
    path = folder / SETTINGS
    text = json.dumps(settings, indent=1, sort_keys=True)
    if not path.exists():
        write_all({path: text.encode() + b"\n"})
        return
    changes = _changes(read_settings(folder, what), json.loads(text))
    if changes:
        raise OptionError(
            f"{folder} holds a {what} with other settings ({', '.join(changes)}).",
            "Name another folder with -o, or remove that one.",
        )


def read_settings(folder: Path, what: str) -> dict[str, Any]:
    """What sign() left.

    Raises:
        DataError: there is nothing, or it is damaged.
    """
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        return {**settings, "config": dict(settings["config"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{folder} holds no {what}.", f"Name the folder of a {what}, or start a new one."
        ) from error


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs: settings with their values, all else by its name."""
    was, wanted = ({**each["config"], **each["config"].get("stop", {})} for each in (before, now))
    told = [
        f"{name} {was[name]}, not {value}"
        for name, value in wanted.items()
        if name != "stop" and name in was and was[name] != value
    ]
    others = [name for name in now if name != "config" and before.get(name) != now[name]]
    return told + [f"another {name}" if name[-1] != "s" else f"other {name}" for name in others]
