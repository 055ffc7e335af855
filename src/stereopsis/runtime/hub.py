"""Files from a hub: fetched once, resumed where cut off, and kept only if they are the right ones.

Only the standard library's HTTP client is used, which keeps the installation small; it follows
redirects and honours the proxies of the environment.
"""

import http
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stereopsis.errors import WeightsError
from stereopsis.runtime.cache import CACHE_VARIABLE
from stereopsis.runtime.manifest import sha256_of

TIMEOUT_S = 30.0  # without a byte
ATTEMPTS = 4  # in a row that bring nothing new
CHUNK = 1 << 18
AGENT = "stereopsis"

Progress = Callable[[int, int], None]  # bytes that are there, of how many


@dataclass(frozen=True)
class RemoteFile:
    """A file that anyone can fetch. `name` is what people call it."""

    name: str
    url: str
    bytes: int
    sha256: str

    @property
    def host(self) -> str:
        """The server, for people."""
        return urlsplit(self.url).netloc


class _BrokenOff(Exception):
    """Nothing, or nothing more, came from the server; says why in a few words."""


def fetch(remote: RemoteFile, path: Path, progress: Progress = lambda done, total: None) -> Path:
    """The path, once the right file lies there.

    A file that is there already is not fetched again. What has come so far lies in `<path>.part`,
    where the next call goes on; it takes its name when the last byte has come and the SHA-256 is
    right. Two processes may fetch at the same time: both write the same bytes to the same places.

    Raises:
        WeightsError: the server cannot be reached, refuses, cuts the file short or sends another
            one, the place cannot be written, or another file lies there.
    """
    part = path.with_name(path.name + ".part")
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            part.touch()
            try:
                _complete(remote, part, path, progress)
            finally:
                _drop_if_empty(part)
            _check_fetched(remote, part, path)
            os.replace(part, path)
            return path
    except OSError as error:
        if not path.is_file():  # else another process was quicker
            problem = f"{error.filename or path} cannot be written ({_reason(error)})."
            mend = f"Free some space, or name another folder in {CACHE_VARIABLE}."
            raise WeightsError(problem, mend) from error
    if sha256_of(path) != remote.sha256:
        problem = f"{path} is not the file that {remote.name} should be."
        raise WeightsError(problem, "Remove it and run again, and it is fetched anew.")
    return path


def _complete(remote: RemoteFile, part: Path, path: Path, progress: Progress) -> None:
    """Asks for what is missing until all is there, or nothing more comes."""
    fruitless, reason = 0, ""
    if part.stat().st_size > remote.bytes:
        os.truncate(part, 0)
    while (have := part.stat().st_size) < remote.bytes:
        try:
            _receive(remote, part, have, progress)
            reason = "the connection was closed early"
        except _BrokenOff as error:
            reason = str(error)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # it is shorter
                part.unlink()
                raise _another(remote, path) from error
            raise _refused(remote, path, f"{error.code} {error.reason}") from error
        fruitless = 0 if part.stat().st_size > have else fruitless + 1
        if fruitless == ATTEMPTS:
            raise _cut_short(remote, path, have, reason) if have else _refused(remote, path, reason)


def _receive(remote: RemoteFile, part: Path, start: int, progress: Progress) -> None:
    """Writes what the server sends from byte `start` on, or from 0 where it cannot do that."""
    with part.open("r+b") as file, _connect(remote, start) as response:
        done = file.seek(start if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0)
        while done < remote.bytes:
            try:
                data = response.read(min(CHUNK, remote.bytes - done))
            except (OSError, http.client.HTTPException) as error:
                raise _BrokenOff(_reason(error)) from error
            if not data:
                return
            file.write(data)
            done += len(data)
            progress(done, remote.bytes)


def _connect(remote: RemoteFile, start: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(remote.url, headers=headers)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOff(_reason(error)) from error
    return response


def _drop_if_empty(part: Path) -> None:
    """Leaves nothing behind where nothing came."""
    with suppress(FileNotFoundError):  # it was dropped already, or another process is done with it
        if part.stat().st_size == 0:
            part.unlink()


def _check_fetched(remote: RemoteFile, part: Path, path: Path) -> None:
    """Refuses, and removes, a file that is not the one that was asked for."""
    if sha256_of(part) != remote.sha256:
        part.unlink()
        raise _another(remote, path)


def _another(remote: RemoteFile, path: Path) -> WeightsError:
    return WeightsError(
        f"{remote.host} sent another file than {remote.name} was when it was checked.",
        f"Try again later, or put the right file at {path}.",
    )


def _refused(remote: RemoteFile, path: Path, reason: str) -> WeightsError:
    return WeightsError(
        f"{remote.name} cannot be fetched from {remote.host} ({reason}).",
        f"Connect and run again, put the file of {remote.url} at {path}, or use the embedded "
        "network mono.",
    )


def _cut_short(remote: RemoteFile, path: Path, have: int, reason: str) -> WeightsError:
    done, total = have / 1e6, remote.bytes / 1e6
    return WeightsError(
        f"{remote.name} came only to {done:.1f} of {total:.1f} MB from {remote.host} ({reason}).",
        f"Run again to go on from there, or put the file of {remote.url} at {path}.",
    )


def _reason(error: Exception) -> str:
    """What went wrong, in a few words."""
    inner = getattr(error, "reason", error)
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror.lower()
    return str(inner) or type(inner).__name__
