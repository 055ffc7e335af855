"""Which photos are meant, and what their results are called."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from stereopsis.errors import OptionError
from stereopsis.show.moves import MOVES
from stereopsis.show.video import VIDEO_FORMATS

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff"}
OUR_RESULTS = re.compile(  # dog_depth.png, dog_orbit.webp
    rf"(?P<photo>.+)_(depth\.png|({'|'.join(MOVES)})\.({'|'.join(VIDEO_FORMATS)}))"
)


def find_photos(paths: Sequence[Path]) -> list[Path]:
    """The files among the paths, and the pictures inside the folders, sorted; none twice.

    Folders are not searched deeper, and results of photos beside them are passed over.

    Raises:
        OptionError: a folder has no pictures, or cannot be listed.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for photo in _pictures_in(path) if os.path.isdir(path) else [path]:
            found.setdefault(_place(photo), photo)
    return list(found.values())


def _pictures_in(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        problem = f"{folder} cannot be listed ({(error.strerror or str(error)).lower()})."
        raise OptionError(problem, "Check that you may read it.") from error
    pictures = [
        path
        for path in files
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")
    ]
    if not pictures:
        problem = f"{folder} has no pictures in it."
        raise OptionError(problem, "Name photos, or a folder that holds some.")
    return _without_results(pictures)


def _without_results(pictures: Sequence[Path]) -> list[Path]:
    """The pictures of one folder less those that were made from others of them."""
    results_of: set[str] = set()  # names that results of the photos so far begin with
    results: set[Path] = set()
    for path in sorted(pictures, key=lambda path: len(path.stem)):  # photos before their results
        match = OUR_RESULTS.fullmatch(path.name)
        if match and match["photo"] in results_of:
            results.add(path)
        else:
            results_of |= {path.stem, _stem_with_suffix(path)}
    return [path for path in pictures if path not in results]


def name_results(photos: Sequence[Path], folder: Path | None) -> list[Path]:
    """For each photo its results' path less the ending: dog.jpg gives dog, beside it or in folder.

    Where two photos would share it, dog.jpg and dog.png give dog_jpg and dog_png, and what is
    still alike is numbered.
    """
    plain = [(folder or photo.parent) / stem_of(photo) for photo in photos]
    alike = Counter(map(_key, plain))
    taken = {_key(path) for path in plain if alike[_key(path)] == 1}
    names = []
    for photo, path in zip(photos, plain, strict=True):
        if alike[_key(path)] > 1:
            path = _free(path.with_name(_stem_with_suffix(photo)), taken)
            taken.add(_key(path))
        names.append(path)
    return names


def find_namesake(photo: Path, photos: Sequence[Path]) -> Path:
    """The first other photo that shares this one's name, in its own folder if there is one."""
    others = [
        other
        for other in photos
        if other != photo and stem_of(other).casefold() == stem_of(photo).casefold()
    ]
    return next((other for other in others if other.parent == photo.parent), others[0])


def stem_of(photo: Path) -> str:
    """What the name is without its suffix; all of it where only dots would be left."""
    return photo.stem if photo.stem.strip(".") else photo.name


def _stem_with_suffix(photo: Path) -> str:
    """dog_jpg for dog.jpg, and dog for a file of just that name."""
    return f"{stem_of(photo)}_{photo.suffix[1:].lower()}" if photo.suffix else photo.stem


def _free(path: Path, taken: set[str]) -> Path:
    """The path, or the first of path_2, path_3 and so on that is not taken."""
    numbered, number = path, 2
    while _key(numbered) in taken:
        numbered, number = path.with_name(f"{path.name}_{number}"), number + 1
    return numbered


def _key(path: Path) -> str:
    """What two names share that some file systems cannot tell apart."""
    return str(_place(path)).casefold()


def _place(path: Path) -> Path:
    """The path by the one true name of its folder, whatever dots and links it was named by."""
    return Path(os.path.realpath(path.parent), path.name)
