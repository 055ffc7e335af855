import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from stereopsis.errors import OptionError
from stereopsis.show.framing import border_margin, zoomed_past
from stereopsis.show.moves import MOVES, camera_path
from stereopsis.show.render import render
from stereopsis.show.video import VIDEO_FORMATS, FilmOptions, encode_video, render_move
from tests.show.meshes import colourful, layered_mesh

FRAMES, FPS = 12, 15


def film(height: int = 96, width: int = 128) -> list[np.ndarray]:
    """Frames of a soft colourful picture that slides by."""
    wide = colourful(height, width + 4 * FRAMES)
    return [wide[:, 4 * i : 4 * i + width] for i in range(FRAMES)]


def decoded(data: bytes) -> list[np.ndarray]:
    with av.open(BytesIO(data)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.mark.parametrize("format", ["mp4", "webm", "gif"])
def test_a_film_comes_back_frame_for_frame(format):
    frames = film()
    back = decoded(encode_video(frames, format, FPS))
    assert len(back) == FRAMES
    assert min(psnr(a, b) for a, b in zip(back, frames, strict=True)) > 30


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_a_moving_picture_comes_back_and_repeats_without_end(format):
    frames = film()
    picture = Image.open(BytesIO(encode_video(frames, format, FPS)))
    assert picture.n_frames == FRAMES
    assert picture.size == (128, 96)
    assert picture.info["loop"] == 0
    durations_ms = []
    for number, frame in enumerate(frames):
        picture.seek(number)
        assert psnr(np.asarray(picture.convert("RGB")), frame) > 30
        durations_ms.append(picture.info["duration"])
    assert np.mean(durations_ms) == pytest.approx(1000 / FPS, rel=0.05)


def test_a_webp_does_not_get_worse_while_it_runs():
    frames = [colourful(240, 480)[:, 2 * i : 2 * i + 320] for i in range(40)]
    picture = Image.open(BytesIO(encode_video(frames, "webp", FPS)))
    fits = []
    for number, frame in enumerate(frames):
        picture.seek(number)
        fits.append(psnr(np.asarray(picture.convert("RGB")), frame))
    assert min(fits) > fits[0] - 1


@pytest.mark.parametrize(("format", "codec"), [("mp4", "h264"), ("webm", "vp9")])
def test_video_says_its_size_speed_and_colours(format, codec):
    with av.open(BytesIO(encode_video(film(), format, FPS))) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt) in [(codec, "yuv420p"), (f"lib{codec}", "yuv420p")]
        assert (context.width, context.height) == (128, 96)
        assert stream.average_rate == FPS
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)


@pytest.mark.parametrize("format", ["mp4", "webm"])
def test_strong_colours_keep_their_hue(format):
    bars = np.repeat(np.uint8([(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 120, 40)]), 32, axis=0)
    frame = np.broadcast_to(bars, (64, 128, 3))
    back = decoded(encode_video(3 * [frame], format))[1].astype(int)
    for bar in range(4):
        assert np.abs(back[32, 32 * bar + 16] - bars[32 * bar]).max() < 8


def test_an_mp4_can_play_before_it_is_all_there():
    data = encode_video(film(), "mp4", FPS)
    assert 0 < data.find(b"moov") < data.find(b"mdat")


@pytest.mark.parametrize("format", ["mp4", "webm"])
def test_odd_sizes_lose_a_row_or_column(format):
    frames = film(97, 129)
    back = decoded(encode_video(frames, format, FPS))
    assert back[0].shape == (96, 128, 3)
    assert psnr(back[3], frames[3][:96, :128]) > 30


def test_a_gif_has_one_palette_for_all_frames():
    picture = Image.open(BytesIO(encode_video(film(), "gif", FPS)))
    palettes = set()
    for number in range(FRAMES):
        picture.seek(number)
        palettes.add(bytes(picture.global_palette.palette))
    assert len(palettes) == 1


@pytest.mark.parametrize("format", VIDEO_FORMATS)
def test_the_same_frames_give_the_same_bytes(format):
    assert encode_video(film(), format, FPS) == encode_video(film(), format, FPS)


PRINT_HASH = """
from hashlib import sha256
from stereopsis.show.video import encode_video
from tests.show.meshes import colourful
frames = [colourful(300, 520)[:, 4 * i : 4 * i + 400] for i in range(30)]
print(sha256(encode_video(frames, {format!r})).hexdigest())
"""


@pytest.mark.parametrize("format", VIDEO_FORMATS)
def test_what_memory_held_before_does_not_matter(format):
    """An encoder that reads what it has not written would give other bytes."""
    hashes = set()
    for fill in ("1", "85", "200"):  # the C library writes it to memory that it hands out
        environment = {**os.environ, "MALLOC_PERTURB_": fill}
        run = [sys.executable, "-c", PRINT_HASH.format(format=format)]
        hashes.add(subprocess.run(run, env=environment, capture_output=True, check=True).stdout)
    assert len(hashes) == 1


@pytest.mark.parametrize("format", VIDEO_FORMATS)
def test_one_frame_is_enough_and_none_is_refused(format):
    assert len(encode_video(film()[:1], format)) > 0
    with pytest.raises(OptionError, match="without frames"):
        encode_video([], format)


@pytest.mark.parametrize("size", [(1, 64), (64, 1)])
def test_frames_that_leave_nothing_when_made_even_are_refused(size):
    frames = [np.zeros((*size, 3), np.uint8)]
    for format in ("mp4", "webm"):
        with pytest.raises(OptionError, match=f"{size[1]} x {size[0]} px are too small"):
            encode_video(frames, format)
    for format in ("gif", "webp"):
        assert len(encode_video(frames, format)) > 0


@pytest.mark.parametrize("format", VIDEO_FORMATS)
def test_frames_may_be_tiny(format):
    assert len(encode_video(3 * [np.zeros((2, 3, 3), np.uint8)], format)) > 0


def test_frames_are_taken_one_by_one():
    asked: list[int] = []

    def frames() -> Iterator[np.ndarray]:
        for number, frame in enumerate(film()):
            asked.append(number)
            yield frame

    encode_video(frames(), "mp4")
    assert asked == list(range(FRAMES))


@pytest.mark.parametrize("move", MOVES)
def test_a_rendered_move_shows_what_its_cameras_see(move):
    mesh = layered_mesh(96, 72)
    options = FilmOptions(seconds=0.5, fps=12, long_side=64, samples=1)
    heard: list[tuple[int, int]] = []
    frames = list(render_move(mesh, move, options, lambda *state: heard.append(state)))
    assert len(frames) == 6
    assert {frame.shape for frame in frames} == {(48, 64, 3)}
    assert heard == [(done, 6) for done in range(1, 7)]
    camera = mesh.camera.resized(64, 48)
    margin = border_margin(mesh, camera_path(move, camera, mesh.cone, 6))
    path = camera_path(move, zoomed_past(camera, margin), mesh.cone, 6)
    np.testing.assert_array_equal(frames[2], render(mesh, path[2]).color)
    assert any((frame != frames[0]).any() for frame in frames)


def test_frames_are_never_larger_than_the_photo():
    frames = render_move(layered_mesh(97, 71), "orbit", FilmOptions(seconds=0.2, fps=10))
    assert next(frames).shape == (70, 96, 3)


def test_wrong_options_are_told_before_the_first_frame():
    with pytest.raises(OptionError):
        render_move(layered_mesh(96, 72), "orbit", FilmOptions(seconds=0.0))
    with pytest.raises(OptionError):
        render_move(layered_mesh(96, 72), "orbit", FilmOptions(amplitude=2.0))


def test_pictures_that_move_are_smaller_and_slower_than_video():
    assert FilmOptions.fitting("mp4") == FilmOptions()
    assert FilmOptions.fitting("gif").long_side < FilmOptions().long_side
    assert FilmOptions.fitting("webp").fps < FilmOptions().fps
