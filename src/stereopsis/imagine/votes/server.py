"""The server of one store of votes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import uvicorn

from stereopsis.errors import OptionError
from stereopsis.imagine.votes.app import create_app
from stereopsis.imagine.votes.config import VoteConfig
from stereopsis.imagine.votes.serving import serving
from stereopsis.imagine.votes.store import VoteStore

ANYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class OpenServer:
    """A server whose address is taken, and whose store no other serves."""

    address: str
    socket: socket.socket
    server: uvicorn.Server

    def run(self) -> None:
        """Answers browsers until it is interrupted or stopped."""
        self.server.run(sockets=[self.socket])

    def stop(self) -> None:
        """Ends run(), from another thread."""
        self.server.should_exit = True


@contextmanager
def open_server(store: VoteStore, config: VoteConfig, host: str, port: int) -> Iterator[OpenServer]:
    """A server of the store's pages at this address; port 0 is any free one.

    Raises:
        OptionError: the address is not free, or not of this machine.
        OutputError: another server serves the store.
    """
    with _bound_socket(host, port) as bound:
        address = f"http://{_in_address(host)}:{bound.getsockname()[1]}"
        hosts = ("*",) if host in ANYWHERE else (*config.hosts, _in_address(host))
        with serving(store.path, address):
            app = create_app(store, replace(config, hosts=hosts))
            bound.listen()
            settings = uvicorn.Config(
                app, log_level="warning", lifespan="off", timeout_graceful_shutdown=3
            )
            yield OpenServer(address, bound, uvicorn.Server(settings))


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _bound_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address, which does not listen yet."""
    if not 0 <= port < 65536:
        raise OptionError(f"{port} is no port.", "Use one from 1024 to 65535, or 0 for any.")
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        reason = (error.strerror or str(error)).lower()
        problem = f"The address {host}, port {port}, cannot be used ({reason})."
        raise OptionError(problem, "Choose another with --port or --host.") from error
    return bound
