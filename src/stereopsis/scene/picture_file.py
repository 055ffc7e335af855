"""Picture files, opened so that whatever their bytes hold, only a PhotoError comes out."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock

from PIL import Image, UnidentifiedImageError

from stereopsis.errors import PhotoError

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "TIFF")  # and HEIC; MPO is a JPEG
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}

# What Pillow and pillow-heif document that they raise, or do raise, over damaged data.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_LIMIT_ASIDE = Lock()


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turns what decoders raise over the file `name` into a PhotoError, and keeps them quiet.

    Raises:
        PhotoError: the picture is damaged, of an unknown kind or too large to decode.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Image.DecompressionBombError, MemoryError) as error:
        problem = f"{name} claims more pixels than memory can hold."
        raise PhotoError(problem, "Save it smaller, as JPEG or PNG.") from error
    except UnidentifiedImageError as error:
        problem = f"{name} is not a picture that is read here, or is damaged from its start."
        mend = "Use a JPEG, PNG, WebP, HEIC, AVIF or TIFF picture."
        raise PhotoError(problem, mend) from error
    except DECODER_ERRORS as error:
        problem = f"{name} is damaged or cut short."
        raise PhotoError(problem, "Copy it again, or open and save it with a photo app.") from error


def open_picture(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """A picture whose size is known to be allowed; its pixels are decoded when first used.

    The content decides what it is, not the file's name. Use the picture inside `decoding`.
    A portrait-mode HEIC carries its depth images in `info["depth_images"]`.

    Raises:
        PhotoError: it is not a picture, is damaged or has more than `max_pixels` pixels.
    """
    with decoding(name):
        if is_heic(data):
            return _open_heic(data, name, max_pixels)
        image = _opened(data)
        check_size(image.size, name, max_pixels)
        return image


def _opened(data: bytes) -> Image.Image:
    """The picture, however large: Pillow's own limit must not come before the caller's.

    That limit belongs to the whole process: it is put aside only for a picture that is beyond it,
    while its header is read, and by one thread at a time, lest another takes that for its value.
    """
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        with _LIMIT_ASIDE:
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                return Image.open(BytesIO(data), formats=FORMATS)
            finally:
                Image.MAX_IMAGE_PIXELS = limit


def is_heic(data: bytes) -> bool:
    """Whether any brand of the ISO media file is one of HEVC pictures."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    return any(data[start : start + 4] in HEIC_BRANDS for start in range(8, end, 4))


def _open_heic(data: bytes, name: str, max_pixels: int) -> Image.Image:
    import pillow_heif  # a tenth of a second, paid only by those who need it

    container = pillow_heif.open_heif(data)
    if len(container) == 0:
        raise ValueError("no picture in the container")
    check_size(container.size, name, max_pixels)
    image: Image.Image = container.to_pillow()
    return image


def check_size(size: tuple[int, int], name: str, max_pixels: int = MAX_PIXELS) -> None:
    """Nothing, once a picture of the file `name` has no more pixels than are allowed.

    Raises:
        PhotoError: it has more than `max_pixels`.
    """
    width, height = size
    if width * height > max_pixels:
        problem = (
            f"{name} has {width} x {height} = {width * height / 1e6:.1f} megapixels; "
            f"at most {max_pixels / 1e6:g} are read."
        )
        raise PhotoError(problem, "Make it smaller.")
