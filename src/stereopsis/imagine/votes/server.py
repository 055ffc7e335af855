"""The server of one store of votes."""

import socket
from collections.abc import Callable
from dataclasses import replace

import uvicorn

from stereopsis.errors import OptionError
from stereopsis.imagine.votes.app import create_app
from stereopsis.imagine.votes.config import VoteConfig
from stereopsis.imagine.votes.serving import serving
from stereopsis.imagine.votes.store import VoteStore

ANYWHERE = ("0.0.0.0", "::")


def serve(
    store: VoteStore, config: VoteConfig, host: str, port: int, tell: Callable[[str], None]
) -> None:
    """Serves the store's pages until it is interrupted; tells the address once it is open.

    Port 0 is any free one.

    Raises:
        OptionError: the address is not free, or not of this machine.
        OutputError: another server serves the store.
    """
    with _open_socket(host, port) as opened:
        address = f"http://{_in_address(host)}:{opened.getsockname()[1]}"
        hosts = ("*",) if host in ANYWHERE else (*config.hosts, _in_address(host))
        with serving(store.path, address):
            app = create_app(store, replace(config, hosts=hosts))
            settings = uvicorn.Config(app, log_level="warning", lifespan="off")
            opened.listen()
            tell(address)
            uvicorn.Server(settings).run(sockets=[opened])


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _open_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address, which does not listen yet."""
    if not 0 <= port < 65536:
        raise OptionError(f"{port} is no port.", "Use one from 1024 to 65535, or 0 for any.")
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        reason = (error.strerror or str(error)).lower()
        problem = f"The address {host}, port {port}, cannot be used ({reason})."
        raise OptionError(problem, "Choose another with --port or --host.") from error
    return opened
