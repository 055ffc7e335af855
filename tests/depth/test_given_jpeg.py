"""Depth inside JPEG photos: GDepth (with extended XMP) and Dynamic Depth."""

import base64
import hashlib
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from stereopsis.depth.given import check_depth_fits, read_depth, read_embedded_depth
from stereopsis.errors import DepthError, PhotoError, StereopsisError
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from stereopsis.scene.photo_file import read_photo

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
GDEPTH = 'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/"'
STANDARD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
NEAR, FAR = 0.4, 6.0


def packet(body: str, namespaces: str, attributes: str = "") -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>'
        f'<rdf:Description rdf:about="" {namespaces} {attributes}>{body}</rdf:Description>'
        f"</rdf:RDF></x:xmpmeta>"
    ).encode()


def stored(noisy: bool = False) -> np.ndarray:
    """A depth picture as phones store it, dark is near; with noise it is larger than 64 KB."""
    x, y = np.meshgrid(np.linspace(0, 1, 360), np.linspace(0, 1, 270))
    values = np.where(x > 0.6, 0.1, 0.3 + 0.4 * x + 0.2 * y)
    if noisy:
        values = values + np.random.default_rng(0).normal(0, 0.05, values.shape)
    return (values * 255).round().clip(0, 255).astype(np.uint8)


def png(values: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def photo_jpeg(values: np.ndarray, segments: bytes = b"", orientation: int = 1) -> bytes:
    """A JPEG whose red channel is the depth picture, with these segments after its first."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    file = BytesIO()
    image = Image.fromarray(np.repeat(values[..., None], 3, axis=-1))
    image.save(file, "JPEG", quality=97, exif=exif.tobytes())
    return file.getvalue()[:2] + segments + file.getvalue()[2:]


def app1(payload: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def attributes(form: str, units: str = "m") -> str:
    return f'GDepth:Format="{form}" GDepth:Near="{NEAR}" GDepth:Far="{FAR}" GDepth:Units="{units}"'


def gdepth_jpeg(values: np.ndarray, form: str, units: str = "m", orientation: int = 1) -> bytes:
    data = base64.b64encode(png(values)).decode()
    xmp = packet("", GDEPTH, attributes(form, units) + f' GDepth:Data="{data}"')
    return photo_jpeg(values, app1(STANDARD + xmp), orientation)


def extended_jpeg(values: np.ndarray, order: int = 1, drop: int | None = None) -> bytes:
    """GDepth whose data need several segments, written forwards or backwards, one perhaps lost."""
    data = base64.b64encode(png(values)).decode()
    extension = packet("", GDEPTH, f'GDepth:Data="{data}"')
    guid = hashlib.md5(extension).hexdigest().upper()
    note = f'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{guid}"'
    segments = []
    for offset in range(0, len(extension), 65_400):
        place = struct.pack(">II", len(extension), offset)
        chunk = extension[offset : offset + 65_400]
        segments.append(app1(EXTENSION + guid.encode() + place + chunk))
    assert len(segments) > 1
    if drop is not None:
        del segments[drop]
    standard = app1(STANDARD + packet("", GDEPTH, attributes("RangeInverse") + " " + note))
    return photo_jpeg(values, standard + b"".join(segments[::order]))


def dynamic_jpeg(values: np.ndarray, units: str = "Meters", nested: bool = False) -> bytes:
    """A Dynamic Depth photo: depth and another item follow the picture, XMP lists them."""
    depth, other = png(values), b"confidence" * 9

    def item(mime: str, length: int, uri: str) -> str:
        return (
            f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{mime}" '
            f'Item:Length="{length}" Item:DataURI="{uri}"/></rdf:li>'
        )

    fields = {"Format": "RangeInverse", "Near": NEAR, "Far": FAR, "Units": units}
    fields["DepthURI"] = "android/depthmap"
    if nested:
        inside = "".join(f"<DepthMap:{k}>{v}</DepthMap:{k}>" for k, v in fields.items())
        camera = f'<Camera:DepthMap rdf:parseType="Resource">{inside}</Camera:DepthMap>'
    else:
        inside = " ".join(f'DepthMap:{k}="{v}"' for k, v in fields.items())
        camera = f"<Camera:DepthMap {inside}/>"
    items = item("image/jpeg", 0, "primary_image") + item(
        "image/png", len(depth), fields["DepthURI"]
    )
    items += item("image/png", len(other), "android/confidencemap")
    namespaces = " ".join(
        f'xmlns:{name}="http://ns.google.com/photos/dd/1.0/{name.lower()}/"'
        for name in ("Device", "Container", "Item", "Camera", "DepthMap")
    )
    body = (
        f"<Device:Container><Container:Directory><rdf:Seq>{items}</rdf:Seq>"
        f"</Container:Directory></Device:Container><Device:Cameras><rdf:Seq>"
        f'<rdf:li rdf:parseType="Resource">{camera}</rdf:li></rdf:Seq></Device:Cameras>'
    )
    return photo_jpeg(values, app1(STANDARD + packet(body, namespaces))) + depth + other


def read(folder: Path, data: bytes) -> DepthMap | None:
    (folder / "photo.jpg").write_bytes(data)
    return read_embedded_depth(folder / "photo.jpg")


def metric(folder: Path, data: bytes) -> np.ndarray:
    depth = read(folder, data)
    assert depth is not None
    assert (depth.source, depth.scale) == ("photo", "metric")
    assert depth.valid.all() and depth.reason.endswith(".")
    return depth.inverse_depth


def inverse(values: np.ndarray, far: float = FAR, near: float = NEAR) -> np.ndarray:
    fraction = values / np.iinfo(values.dtype).max
    return (1 - fraction) / near + fraction / far


def test_range_inverse(tmp_path: Path) -> None:
    read_back = metric(tmp_path, gdepth_jpeg(stored(), "RangeInverse"))
    np.testing.assert_allclose(read_back, inverse(stored()), rtol=1e-5)


def test_read_depth_finds_it_too(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(gdepth_jpeg(stored(), "RangeInverse"))
    assert read_depth(tmp_path / "photo.jpg").source == "photo"
    np.save(tmp_path / "map.npy", stored().astype(np.float32))
    assert read_depth(tmp_path / "map.npy").source == "file"
    for name in ("absent.jpg", "map.txt"):
        (tmp_path / "map.txt").write_text("no depth")
        with pytest.raises(DepthError):
            read_depth(tmp_path / name)


def test_range_linear(tmp_path: Path) -> None:
    read_back = metric(tmp_path, gdepth_jpeg(stored(), "RangeLinear"))
    np.testing.assert_allclose(1 / read_back, NEAR + stored() / 255 * (FAR - NEAR), rtol=1e-5)


def test_sixteen_bits(tmp_path: Path) -> None:
    values = stored().astype(np.uint16) * 250 + 77
    data = base64.b64encode(png(values)).decode()
    xmp = packet("", GDEPTH, attributes("RangeInverse") + f' GDepth:Data="{data}"')
    read_back = metric(tmp_path, photo_jpeg(stored(), app1(STANDARD + xmp)))
    np.testing.assert_allclose(read_back, inverse(values), rtol=1e-5)


def test_millimetres(tmp_path: Path) -> None:
    read_back = metric(tmp_path, gdepth_jpeg(stored(), "RangeInverse", "mm"))
    np.testing.assert_allclose(read_back, inverse(stored()) * 1000, rtol=1e-5)


@pytest.mark.parametrize("order", [1, -1])
def test_extended_xmp_in_any_order(tmp_path: Path, order: int) -> None:
    values = stored(noisy=True)
    read_back = metric(tmp_path, extended_jpeg(values, order))
    np.testing.assert_allclose(read_back, inverse(values), rtol=1e-5)


@pytest.mark.parametrize("drop", [0, -1])
def test_a_lost_part_of_extended_xmp(tmp_path: Path, drop: int) -> None:
    with pytest.raises(DepthError, match=r"inside photo\.jpg is damaged"):
        read(tmp_path, extended_jpeg(stored(noisy=True), drop=drop))


@pytest.mark.parametrize("nested", [False, True])
def test_dynamic_depth(tmp_path: Path, nested: bool) -> None:
    read_back = metric(tmp_path, dynamic_jpeg(stored(), nested=nested))
    np.testing.assert_allclose(read_back, inverse(stored()), rtol=1e-5)


def test_unknown_units_are_relative(tmp_path: Path) -> None:
    depth = read(tmp_path, dynamic_jpeg(stored(), units="None"))
    assert depth is not None and depth.scale == "relative"
    low, high = np.percentile(inverse(stored()), [1, 99])
    np.testing.assert_allclose(
        depth.inverse_depth, (inverse(stored()) - low) / (high - low), atol=1e-5
    )


def test_without_near_and_far_dark_is_near(tmp_path: Path) -> None:
    data = base64.b64encode(png(stored())).decode()
    xmp = packet("", GDEPTH, f'GDepth:Format="RangeInverse" GDepth:Data="{data}"')
    depth = read(tmp_path, photo_jpeg(stored(), app1(STANDARD + xmp)))
    assert depth is not None and depth.scale == "relative"
    assert np.corrcoef(depth.inverse_depth.ravel(), -stored().ravel().astype(float))[0, 1] > 0.9999


@pytest.mark.parametrize("orientation", range(1, 9))
def test_depth_turns_with_the_photo(tmp_path: Path, orientation: int) -> None:
    depth = read(tmp_path, gdepth_jpeg(stored(), "RangeInverse", orientation=orientation))
    photo = read_photo(tmp_path / "photo.jpg")
    assert depth is not None
    check_depth_fits(depth, photo)
    np.testing.assert_allclose(depth.inverse_depth, inverse(photo.pixels[..., 0]), atol=0.05)


# --- no depth, damaged depth ------------------------------------------------------------------


def test_photos_without_depth(tmp_path: Path) -> None:
    assert read(tmp_path, photo_jpeg(stored())) is None
    assert read(tmp_path, photo_jpeg(stored(), app1(STANDARD + b"<not xml"))) is None
    assert read(tmp_path, png(stored())) is None
    only_named = packet("", GDEPTH, attributes("RangeInverse"))
    assert read(tmp_path, photo_jpeg(stored(), app1(STANDARD + only_named))) is None


def test_the_photo_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no file"):
        read_embedded_depth(tmp_path / "absent.jpg")


BAD_DATA = {
    "not base64": 'GDepth:Data="A"',
    "not a picture": 'GDepth:Data="' + base64.b64encode(b"hello").decode() + '"',
    "cut picture": 'GDepth:Data="' + base64.b64encode(png(stored())[:-900]).decode() + '"',
    "no range": 'GDepth:Format="RangeLinear" GDepth:Data="'
    + base64.b64encode(png(stored())).decode()
    + '"',
}


@pytest.mark.parametrize("kind", BAD_DATA)
def test_damaged_depth(tmp_path: Path, kind: str) -> None:
    xmp = packet("", GDEPTH, BAD_DATA[kind])
    with pytest.raises(DepthError, match=r"inside photo\.jpg is damaged"):
        read(tmp_path, photo_jpeg(stored(), app1(STANDARD + xmp)))


@pytest.mark.parametrize("encoding", ["klingon", "utf-7"])
def test_xmp_of_an_unknown_encoding(tmp_path: Path, encoding: str) -> None:
    xmp = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + packet("", GDEPTH, "")
    with pytest.raises(DepthError, match="damaged"):
        read(tmp_path, photo_jpeg(stored(), app1(STANDARD + xmp)))


def test_xmp_that_declares_entities(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + packet("", GDEPTH, 'GDepth:Data="&a;"')
    with pytest.raises(DepthError, match="damaged"):
        read(tmp_path, photo_jpeg(stored(), app1(STANDARD + bomb)))


@pytest.mark.parametrize("missing", [1, 500])
def test_dynamic_depth_cut_short(tmp_path: Path, missing: int) -> None:
    with pytest.raises(DepthError, match="damaged"):
        read(tmp_path, dynamic_jpeg(stored())[:-missing])


def test_flipped_bytes_give_depth_or_an_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for data in (gdepth_jpeg(stored(), "RangeLinear"), dynamic_jpeg(stored())):
        start = data.index(STANDARD)
        for _ in range(100):
            broken = np.frombuffer(data, np.uint8).copy()
            spots = start + rng.integers(0, 2500, rng.integers(1, 6))
            broken[spots] = rng.integers(0, 256, len(spots))
            try:
                depth = read(tmp_path, broken.tobytes())
            except StereopsisError as error:
                assert error.mend
            else:
                assert depth is None or np.isfinite(depth.inverse_depth).all()


# --- where photo and depth meet ---------------------------------------------------------------


def photo_of(width: int, height: int) -> Photo:
    camera = Camera.from_focal_35mm(width, height)
    return Photo(np.zeros((height, width, 3), np.uint8), camera)


def ramp(width: int, height: int) -> DepthMap:
    values = np.tile(np.linspace(0, 1, width), (height, 1))
    return DepthMap.relative(values, np.ones(values.shape, np.bool_), "file", "A test.")


@pytest.mark.parametrize("size", [(400, 300), (40, 30), (401, 300), (256, 190), (13, 10)])
def test_depth_of_the_photos_shape_fits(size: tuple[int, int]) -> None:
    check_depth_fits(ramp(*size), photo_of(400, 300))


@pytest.mark.parametrize("size", [(300, 300), (400, 225), (420, 300)])
def test_depth_of_another_shape_does_not(size: tuple[int, int]) -> None:
    with pytest.raises(DepthError, match="another shape") as caught:
        check_depth_fits(ramp(*size), photo_of(400, 300))
    assert "400 x 300" in caught.value.problem


def test_depth_lying_on_its_side_is_told_so() -> None:
    with pytest.raises(DepthError, match="quarter"):
        check_depth_fits(ramp(300, 400), photo_of(400, 300))
