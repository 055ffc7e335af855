"""Films: a mesh seen along a camera move, and pictures as the bytes of a video file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from itertools import chain, pairwise
from typing import IO, Literal, get_args

import av
import av.filter
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from stereopsis.errors import OptionError
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.mesh import Mesh
from stereopsis.show.framing import border_margin, zoomed_past
from stereopsis.show.moves import Move, camera_path
from stereopsis.show.render import Samples, draw, with_fitting_texture

VideoFormat = Literal["mp4", "webm", "gif", "webp"]
VIDEO_FORMATS: tuple[VideoFormat, ...] = get_args(VideoFormat)

BT709, VIDEO_RANGE = 1, 1  # colour as H.273 numbers it, which streams carry
GENTLE_DITHER = "bayer:bayer_scale=4"  # a fixed pattern: it does not crawl, and compresses well


@dataclass(frozen=True)
class FilmOptions:
    """How a film of a 3D photo is taken. `long_side` is in pixels, `amplitude` as for moves."""

    seconds: float = 4.0
    fps: int = 30
    long_side: int = 960
    amplitude: float = 1.0
    samples: Samples = 4

    @classmethod
    def fitting(cls, format: VideoFormat) -> "FilmOptions":
        """The options that suit a format: small and slow where compression is poor."""
        return cls() if format in ("mp4", "webm") else cls(fps=15, long_side=480)


@dataclass(frozen=True)
class _Codec:
    """What a format is made with. All but video codecs see colours as they are, in RGB."""

    container: Literal["mp4", "webm", "gif"]
    name: str
    pixel_format: str
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)

    @property
    def halves_color(self) -> bool:
        """Whether one colour is kept for each 2 x 2 pixels, so that sizes must be even."""
        return self.pixel_format == "yuv420p"


MP4 = _Codec(
    "mp4",
    "libx264",
    "yuv420p",
    # x264's macroblock tree reads memory that nobody wrote: with it, bytes differ from run to run
    {"crf": "18", "preset": "medium", "mbtree": "0"},
    {"movflags": "faststart"},
)
WEBM = _Codec(
    "webm",
    "libvpx-vp9",
    "yuv420p",
    {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
)
GIF = _Codec("gif", "gif", "pal8", {}, {"loop": "0"})


def render_move(
    mesh: Mesh,
    move: Move,
    options: FilmOptions,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[ColorImage]:
    """The frames of one loop of a move, each drawn when it is asked for.

    Sides are even, and never larger than the photo's; moves that would show what lies beyond its
    border are framed a little closer than the photo. `progress` hears how many frames are drawn,
    out of how many.

    Raises:
        OptionError: no frames, or an amplitude out of range; at the call, not at the first frame.
    """
    width, height = _frame_size(mesh, options.long_side)
    camera = mesh.camera.resized(width, height)
    frames = round(options.seconds * options.fps)
    path = camera_path(move, camera, mesh.cone, frames, options.amplitude)
    camera = zoomed_past(camera, border_margin(mesh, path))
    path = camera_path(move, camera, mesh.cone, frames, options.amplitude)
    fitting = with_fitting_texture(mesh, camera, options.samples)

    def draw_frames() -> Iterator[ColorImage]:
        for done, place in enumerate(path, start=1):
            yield draw(fitting, place, options.samples).color
            if progress is not None:
                progress(done, len(path))

    return draw_frames()


def encode_video(frames: Iterable[ColorImage], format: VideoFormat, fps: int = 30) -> bytes:
    """The frames as a file: H.264 in .mp4, VP9 in .webm, animated .gif or .webp.

    All frames have the size of the first; mp4 and webm lose an odd last row or column. GIF and
    WebP repeat without end. A GIF has one palette for all its frames, so that nothing flickers.
    The same frames give the same bytes.

    Raises:
        OptionError: there are no frames, or too small ones.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise OptionError("A film without frames cannot be written.", "Give at least one frame.")
    frames = chain([first], frames)
    match format:
        case "mp4":
            return _encode(frames, first.shape[:2], MP4, fps)
        case "webm":
            return _encode(frames, first.shape[:2], WEBM, fps)
        case "gif":
            return _encode(frames, first.shape[:2], GIF, fps)
        case "webp":
            return _encode_webp(frames, fps)


def _encode(frames: Iterable[ColorImage], size: tuple[int, int], codec: _Codec, fps: int) -> bytes:
    """The frames of this (height, width) as a file of the codec's."""
    height, width = size
    if codec.halves_color:
        if min(size) < 2:
            problem = f"Frames of {width} x {height} px are too small for this format."
            raise OptionError(problem, "Give frames of at least 2 x 2 px, or write a gif or webp.")
        height, width = height & ~1, width & ~1
    buffer = BytesIO()

    def reopen(url: str, flags: int, options: dict[str, str]) -> IO[bytes]:
        return BytesIO(buffer.getvalue())  # faststart reads what is written to move it back

    container_options = {"fflags": "bitexact", **codec.container_options}
    with av.open(
        buffer, "w", format=codec.container, options=container_options, io_open=reopen
    ) as output:
        stream = output.add_stream(codec.name, rate=fps, options=codec.options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, codec.pixel_format
        pictures = _numbered(frames, (height, width), fps)
        if codec.halves_color:
            _tag_color(stream.codec_context)
            pictures = map(_to_video_color, pictures)
        elif codec is GIF:
            pictures = _with_shared_palette(pictures, (height, width), fps)
        for picture in pictures:
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def _encode_webp(frames: Iterable[ColorImage], fps: int) -> bytes:
    """The frames as an animated WebP.

    Each is a key frame: in frames that only tell what changes, blocks that change a little at a
    time are never told, and stay behind as ghosts.
    """
    pictures = map(Image.fromarray, map(np.ascontiguousarray, frames))
    first, *rest = pictures
    ends_ms = [round(1000 * number / fps) for number in range(len(rest) + 2)]
    buffer = BytesIO()
    first.save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=[end - start for start, end in pairwise(ends_ms)],
        loop=0,
        quality=80,
        method=4,
        kmin=0,
        kmax=1,
    )
    return buffer.getvalue()


def _frame_size(mesh: Mesh, long_side: int) -> tuple[int, int]:
    """Even width and height in the photo's proportions."""
    camera = mesh.camera
    scale = min(1.0, long_side / camera.long_side)
    width, height = (max(2, round(scale * side) & ~1) for side in (camera.width, camera.height))
    return width, height


def _numbered(
    frames: Iterable[ColorImage], size: tuple[int, int], fps: int
) -> Iterator[av.VideoFrame]:
    """The frames for the encoder, cropped to (height, width), each with its time."""
    height, width = size
    for number, frame in enumerate(frames):
        assert frame.shape[0] - height in (0, 1) and frame.shape[1] - width in (0, 1)
        picture = av.VideoFrame.from_ndarray(frame[:height, :width].copy(), format="rgb24")
        picture.pts, picture.time_base = number, Fraction(1, fps)
        yield picture


def _tag_color(codec_context: av.VideoCodecContext) -> None:
    """Says in the stream that colours follow BT.709, which players else guess by size."""
    codec_context.colorspace = BT709
    codec_context.color_primaries = BT709
    codec_context.color_trc = BT709
    codec_context.color_range = VIDEO_RANGE


def _to_video_color(picture: av.VideoFrame) -> av.VideoFrame:
    return picture.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )


def _with_shared_palette(
    pictures: Iterable[av.VideoFrame], size: tuple[int, int], fps: int
) -> Iterator[av.VideoFrame]:
    """The pictures in the 256 colours that suit all of them best."""
    height, width = size
    graph = av.filter.Graph()
    rgb = av.VideoFormat("rgb24", width, height)
    source = graph.add_buffer(width=width, height=height, format=rgb, time_base=Fraction(1, fps))
    split, sink = graph.add("split"), graph.add("buffersink")
    find = graph.add("palettegen", "stats_mode=full")
    apply = graph.add("paletteuse", f"dither={GENTLE_DITHER}")
    source.link_to(split)
    split.link_to(apply, 0, 0)
    split.link_to(find, 1, 0)
    find.link_to(apply, 0, 1)
    apply.link_to(sink)
    graph.configure()
    for picture in pictures:
        graph.push(picture)
    graph.push(None)
    while True:
        try:
            colored = graph.pull()
        except av.EOFError:
            return
        assert isinstance(colored, av.VideoFrame)
        yield colored
