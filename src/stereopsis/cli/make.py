"""What the commands make of one photo: its results as bytes, in memory."""

from dataclasses import dataclass

from stereopsis.cli.batch import Work
from stereopsis.depth.depth_file import depth_to_npz, depth_to_pfm, depth_to_png16
from stereopsis.depth.given import check_depth_fits, read_embedded_depth
from stereopsis.depth.mono import doubt_about, guess_depth
from stereopsis.depth.refine import refine
from stereopsis.errors import DepthError
from stereopsis.outputs import prepare_folder
from stereopsis.pipeline import DETAIL, Detail, Photo3D, Quality, detail_of, photo_to_3d
from stereopsis.runtime.network import Network
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.mesh import Mesh
from stereopsis.scene.photo import Photo
from stereopsis.scene.photo_file import read_photo
from stereopsis.show.gltf import GlbOptions, to_glb
from stereopsis.show.html import page_around
from stereopsis.show.moves import Move
from stereopsis.show.video import VIDEO_FORMATS, FilmOptions, VideoFormat, encode_video, render_move

PHOTO_FORMATS = ("glb", "html", *VIDEO_FORMATS, "depth")
GLB_OPTIONS: dict[Quality, GlbOptions] = {
    "small": GlbOptions(texture_quality=75, texture_bytes=200_000),
    "standard": GlbOptions(),
    "high": GlbOptions(texture_quality=90, texture_bytes=None),
}
DEPTH_FORMATS = {"npz": depth_to_npz, "png": depth_to_png16, "pfm": depth_to_pfm}


@dataclass(frozen=True)
class Wishes:
    """What is to be made of a photo.

    `depth` is what the user gave, `network` the depth network that the user named, `title` the
    page's. `soft_edges` are asked for, refused, or left to the quality.
    """

    formats: list[str]
    depth: DepthMap | None = None
    network: Network | None = None
    move: Move = "orbit"
    quality: Quality = "standard"
    title: str | None = None
    soft_edges: bool | None = None

    @property
    def detail(self) -> Detail:
        """What the quality buys, with soft edges as wished for."""
        return detail_of(self.quality, self.soft_edges)

    @property
    def only_depth(self) -> bool:
        """Whether no 3D photo is wished for."""
        return self.formats == ["depth"]


def make_3d_photo(work: Work, wishes: Wishes) -> None:
    """Adds the files that are wished for to the work.

    Raises:
        StereopsisError: the photo or the given depth cannot be used.
    """
    photo = _read(work, DETAIL[wishes.quality].texture_px)
    measured = _measured_depth(work, photo, wishes.depth, wishes.network)
    make_of_photo(work, wishes, photo, measured)


def make_of_photo(work: Work, wishes: Wishes, photo: Photo, depth: DepthMap | None) -> None:
    """Adds the files that are wished for; the photo's depth is guessed unless it is given."""
    if not wishes.only_depth:
        made = photo_to_3d(photo, depth, wishes.detail, network=wishes.network)
        add_results(work, made, wishes)
        return
    if depth is None:
        with work.stage("depth"):
            depth = guess_depth(photo, wishes.network)
        work.warnings.extend(filter(None, [doubt_about(depth, photo)]))
    add_depth(work, photo, depth, wishes.quality)


def add_depth(work: Work, photo: Photo, depth: DepthMap, quality: Quality) -> None:
    """Adds the depth map of the photo at the detail that its 3D photo would have."""
    with work.stage("refine"):
        work.depth = refine(depth, photo.shrunk(DETAIL[quality].layers_px).pixels)
    work.add("_depth.png", depth_to_png16(work.depth))


def add_results(work: Work, made: Photo3D, wishes: Wishes) -> None:
    """Adds the files that are wished for, and what is known of their making."""
    work.depth = made.depth
    work.ms.update(made.report.ms)
    work.sizes.update(made.report.sizes)
    work.warnings.extend(made.report.warnings)
    glb = b""
    if {"glb", "html"} & set(wishes.formats):
        with work.stage("glb"):
            glb = to_glb(made.mesh, GLB_OPTIONS[wishes.quality])
    for name in wishes.formats:
        match name:
            case "glb":
                work.add(".glb", glb)
            case "html":
                page = page_around(glb, title=_as_text(wishes.title or work.photo.stem))
                work.add(".html", page.encode())
            case "depth":
                work.add("_depth.png", depth_to_png16(made.depth))
            case "mp4" | "webm" | "gif" | "webp":
                work.add(f"_{wishes.move}.{name}", _film(work, made.mesh, wishes.move, name))


def make_depth(work: Work, formats: list[str], network: Network | None = None) -> None:
    """Adds the photo's depth to the work, with edges as sharp as the picture's.

    `network` is the depth network that the user named.

    Raises:
        StereopsisError: the photo cannot be used.
    """
    photo = _read(work, DETAIL["standard"].layers_px)
    measured = _measured_depth(work, photo, None, network)
    with work.stage("depth"):
        depth = guess_depth(photo, network) if measured is None else measured
    work.warnings.extend(filter(None, [doubt_about(depth, photo)]))
    with work.stage("refine"):
        work.depth = refine(depth, photo.pixels)
    for name in formats:
        work.add(f"_depth.{name}", DEPTH_FORMATS[name](work.depth))


def _read(work: Work, longest_side: int) -> Photo:
    """The photo; that results can be written is tried before minutes of work are spent on them."""
    with work.stage("read"):
        photo = read_photo(work.photo, longest_side=longest_side)
    work.focal_source = photo.focal_source
    prepare_folder(work.result.parent)
    return photo


def _as_text(name: str) -> str:
    """A file's name with bytes that are no UTF-8 shown as the replacement character."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _measured_depth(
    work: Work, photo: Photo, given: DepthMap | None, network: Network | None
) -> DepthMap | None:
    """The depth that the user gave, else that inside the photo; None if it must be guessed.

    Whoever names a network wants its guess. Depth inside the photo that cannot be used is passed
    over with a warning: nobody asked for it.
    """
    if given is not None:
        check_depth_fits(given, photo)
        return given
    if network is not None:
        return None
    try:
        inside = read_embedded_depth(work.photo)
        if inside is not None:
            check_depth_fits(inside, photo)
    except DepthError as error:
        work.warnings.append(f"{error.problem} Depth was estimated instead.")
        return None
    return inside


def _film(work: Work, mesh: Mesh, move: Move, video_format: VideoFormat) -> bytes:
    options = FilmOptions.fitting(video_format)
    with work.stage(video_format):
        frames = render_move(mesh, move, options, work.tick)
        return encode_video(frames, video_format, options.fps)
