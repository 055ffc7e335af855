"""What the stereo command makes of one pair, or of one eye's picture where the pair is no use."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from stereopsis.cli.batch import Work
from stereopsis.cli.make import Wishes, add_depth, add_results, make_of_photo
from stereopsis.depth.choose import choose_depth
from stereopsis.depth.mono import doubt_about
from stereopsis.errors import PhotoError, RigError
from stereopsis.outputs import prepare_folder
from stereopsis.pipeline import DETAIL, stereo_to_3d
from stereopsis.scene.photo_file import read_photo
from stereopsis.scene.rig_file import read_rig
from stereopsis.scene.stereo import Eye, StereoPair
from stereopsis.scene.stereo_file import read_stereo


@dataclass(frozen=True)
class PairFiles:
    """The files of a pair: two pictures, or one that holds both eyes, and how to read them."""

    left: Path
    right: Path | None = None
    rig: Path | None = None
    shown: Eye | None = None
    second_eye: bool = True


def make_stereo_photo(work: Work, wishes: Wishes, files: PairFiles) -> None:
    """Adds the files that are wished for to the work, made of a pair of pictures.

    Where the rig cannot be used, the pair is tried without it; where the pair cannot, but one of
    its pictures can, that one is used alone. The reason says so, and a warning how to mend it.

    Raises:
        StereopsisError: neither picture can be used.
    """
    left_out = ""
    # Found beforehand, so that it is known whatever turns out to be no use.
    files = replace(files, shown=files.shown or _shown_by(files.rig))
    try:
        try:
            _make_of_both(work, wishes, files)
        except RigError as error:
            work.warnings.append(str(error))
            left_out = f" The rig was left out, because {_as_clause(error)}."
            _make_of_both(work, wishes, replace(files, rig=None))
    except PhotoError as error:
        _make_of_one(work, wishes, files, error)
    assert work.depth is not None
    work.said = work.depth.reason + left_out
    work.depth = replace(work.depth, reason=work.said)


def _shown_by(rig: Path | None) -> Eye | None:
    """The eye that a rig says is to be shown, if it can be read, though its lenses do not fit."""
    with suppress(RigError):
        return read_rig(rig).shown if rig else None
    return None


def _make_of_both(work: Work, wishes: Wishes, files: PairFiles) -> None:
    longest_side = DETAIL[wishes.quality].texture_px
    with work.stage("read"):
        pair = read_stereo(
            files.left, files.right, files.rig, shown=files.shown, longest_side=longest_side
        )
    prepare_folder(work.result.parent)
    if wishes.only_depth:
        _add_depth_of_both(work, wishes, pair)
    else:
        made = stereo_to_3d(pair, wishes.detail, fill_from_second_eye=files.second_eye)
        work.focal_source = made.photo.focal_source
        add_results(work, made, wishes)


def _add_depth_of_both(work: Work, wishes: Wishes, pair: StereoPair) -> None:
    choice = choose_depth(pair, stage=work.stage)
    work.focal_source = choice.photo.focal_source
    work.warnings.extend(choice.look.seen.notes)
    work.warnings.extend(filter(None, [doubt_about(choice.depth, choice.photo)]))
    add_depth(work, choice.photo, choice.depth, wishes.quality)


def _make_of_one(work: Work, wishes: Wishes, files: PairFiles, error: PhotoError) -> None:
    """Adds what can be made of the shown picture, else of the other one.

    Raises:
        PhotoError: the given error, if neither picture can be read.
    """
    eyes: list[tuple[Eye, Path | None]] = [("left", files.left), ("right", files.right)]
    for eye, path in reversed(eyes) if files.shown == "right" else eyes:
        if path is None:
            continue
        with suppress(PhotoError):
            photo = read_photo(path, longest_side=DETAIL[wishes.quality].texture_px)
            work.focal_source = photo.focal_source
            prepare_folder(work.result.parent)
            make_of_photo(work, wishes, photo, None)
            work.warnings.append(str(error))
            which = f"the {eye} picture" if files.right else "the picture"
            reason = f"Guessed from {which} alone, because {_as_clause(error)}."
            assert work.depth is not None
            work.depth = replace(work.depth, reason=reason)
            return
    raise error


def _as_clause(error: PhotoError | RigError) -> str:
    """What is wrong, as it reads after "because"; a file's name stays as it is."""
    problem = error.problem.rstrip(".")
    return (
        problem[0].lower() + problem[1:]
        if problem.startswith(("The ", "A ", "There "))
        else problem
    )
