"""Drivers: who hands out trials, and how to tell that one is dead."""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

LEASE_S = 120.0  # a driver elsewhere that was not heard of for so long is taken for dead


@dataclass(frozen=True)
class Driver:
    """A process that hands out trials; `place` is where its number `pid` means something.

    `born` tells the process from a later one of the same number; it is "" where nobody knows.
    """

    name: str
    place: str
    pid: int
    born: str


def this_driver() -> Driver:
    """This process under a name of its own: one process may drive several searches."""
    pid = os.getpid()
    return Driver(secrets.token_hex(8), this_place(), pid, birth_of(pid) or "")


def this_place() -> str:
    """The host, its boot and its process namespace: containers on one host number on their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        boot, space = "", ""
    return f"{socket.gethostname()} {boot} {space}"


def birth_of(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; "" if it lives but hides it, None if dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # dead, or of another user, or not on Linux
        return "" if _answers(pid) else None
    return None if fields[0] in "ZX" else fields[19]  # a zombie only waits to be counted


def is_dead(driver: Driver, silence_s: float, lease_s: float = LEASE_S) -> bool:
    """Whether the driver runs no more, so that its trials are free.

    In this place the kernel knows. A driver elsewhere (another machine or container, or this one
    before it was restarted) is dead when its silence is longer than the lease.
    """
    if driver.place != this_place():
        return silence_s > lease_s
    born = birth_of(driver.pid)
    return born is None or ("" not in (born, driver.born) and born != driver.born)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
