"""Undistorts a raw pair: what its lenses drew becomes what two pinhole cameras would have seen."""

from dataclasses import dataclass, replace
from math import atan, degrees, sqrt, tan

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.depth.rectangle import weightiest_rectangle
from stereopsis.errors import PhotoError, RigError
from stereopsis.scene.arrays import ColorImage, Pixels, Transform
from stereopsis.scene.camera import Camera
from stereopsis.scene.lens import Lens
from stereopsis.scene.photo import MIN_SIDE, Photo, reduced_size
from stereopsis.scene.rig import Rig
from stereopsis.scene.stereo import StereoPair

WIDEST_DEGREES = 100.0
LEAST_KEPT = 0.05  # of a picture; what a rig leaves less of is for other cameras
SHORTEST_MEAN = 1e-3  # of the lenses' axes, across the baseline
GRID = 97  # points a side, over what the lenses may see
LONGEST_ASPECT = 2.0
BISECTIONS = 8
EDGE_POINTS = 33  # of a side of the rectangle
DENSER = 1.4  # raw pictures this much finer than the result are reduced first
BAND_ROWS = 128
CUBIC_PIXELS = 3_000_000  # larger results are interpolated linearly, which is three times as fast
CURVED_PX = 0.03  # how far the map may be off between the points where it is computed

Picture = UInt8[np.ndarray, "rows columns 3"]  # of another size than the raw one
Box = tuple[float, float, float, float]  # left, top, right, bottom as x / z and y / z


@dataclass(frozen=True)
class _View:
    """One eye: its lens, and how it is turned against the common axes of both."""

    lens: Lens
    rotation: np.ndarray  # lens from common

    def project(self, slopes: np.ndarray) -> tuple[Pixels, np.ndarray]:
        """Raw pixels of the directions (x / z, y / z) (n, 2), and which the picture shows."""
        rays = np.column_stack([slopes, np.ones(len(slopes))]) @ self.rotation.T
        pixels, drawn = self.lens.project(rays.astype(np.float32))
        last = np.array((self.lens.width, self.lens.height)) - 0.5
        return pixels, drawn & ((pixels >= 0.5) & (pixels <= last)).all(axis=1)

    def pixels_per_slope(self, slope: tuple[float, float]) -> float:
        """The focal length (px) of a pinhole camera with as many pixels as the picture has here."""
        steps = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)]) * 1e-2
        west, east, north, south = self.project(np.array(slope) + steps)[0].astype(np.float64)
        return sqrt(abs(np.linalg.det([east - west, south - north]))) / 2e-2

    @property
    def extent(self) -> float:
        """A slope beyond which the picture shows nothing; too large for most lenses."""
        corner = np.hypot(self.lens.width, self.lens.height) / min(self.lens.focal_px)
        x, y, z = self.rotation[2]
        return float(np.hypot(x, y) / z + 1.5 * corner) if z > 0 else float("inf")


def undistort(pair: StereoPair, longest_side: int | None = None) -> StereoPair:
    """The pair as two pinhole cameras of equal lens would have seen it, side by side, rig removed.

    Their x axis runs from the left eye to the right one and z is as near to the mean of the
    lenses' axes as that allows. Both cameras are the same: they see the rectangle of the largest
    solid angle that lies in the fields of view of both lenses and within 50 degrees of z to every
    side, neither side over about twice the other. Its middle has as many pixels as the raw
    pictures have there, unless that makes it longer than `longest_side`. The note says how much
    of the shown picture is kept.

    Without a rig only the camera of the shown picture is given to both.

    Raises:
        RigError: the lenses see hardly anything in common, or less than 5 % of the shown picture.
        PhotoError: there is no rig, and the pictures differ in size.
    """
    if pair.rig is None:
        if pair.left.pixels.shape != pair.right.pixels.shape:
            problem = "The pictures of the pair differ in size."
            raise PhotoError(problem, "Read them with read_stereo, which makes them equally large.")
        camera = pair.shown_photo.camera
        source = pair.shown_photo.focal_source
        left, right = (
            replace(photo, camera=camera, focal_source=source) for photo in (pair.left, pair.right)
        )
        return replace(pair, left=left, right=right)
    views = _views(pair.rig)
    box = _common_box(views)
    view = views[pair.shown == "right"]
    kept = _kept_share(view, box)
    if kept < LEAST_KEPT:
        raise RigError(
            f"The rig leaves {kept:.0%} of the {pair.shown} picture.",
            "Check its focal lengths, its distortion and the rotation between the lenses.",
        )
    camera = _camera(box, views, longest_side)
    left, right = (
        Photo(_pinhole_picture(photo.pixels, view, camera), camera, "rig")
        for photo, view in zip((pair.left, pair.right), views, strict=True)
    )
    note = _note(kept, box, pair.shown)
    return StereoPair(left, right, pair.shown, None, (*pair.notes, note))


def common_axes(T_right_from_left: Transform) -> np.ndarray:
    """The rotation (3, 3) from the left lens's axes to the common ones, which undistort states.

    Raises:
        RigError: there are none, as the lenses look at one another, or away, or one looks through
            the other.
    """
    T = T_right_from_left.astype(np.float64)
    x = -T[:3, :3].T @ T[:3, 3]
    x /= np.linalg.norm(x)
    z = np.array([0.0, 0.0, 1.0]) + T[2, :3]
    z -= x * (x @ z)
    length = np.linalg.norm(z)
    if length < SHORTEST_MEAN:
        raise _apart()
    z /= length
    return np.stack([x, np.cross(z, x), z])


def _views(rig: Rig) -> tuple[_View, _View]:
    common_from_left = common_axes(rig.T_right_from_left)
    right_from_left = rig.T_right_from_left[:3, :3].astype(np.float64)
    return (
        _View(rig.left, common_from_left.T),
        _View(rig.right, right_from_left @ common_from_left.T),
    )


def _common_box(views: tuple[_View, _View]) -> Box:
    """The rectangle of the largest solid angle that both pictures show."""
    widest = tan(np.radians(WIDEST_DEGREES / 2))
    side = np.linspace(-1, 1, GRID) * min(widest, *(view.extent for view in views))
    slopes = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    shown = views[0].project(slopes)[1] & views[1].project(slopes)[1]
    solid_angle = shown / (1 + (slopes**2).sum(axis=1)) ** 1.5
    found = weightiest_rectangle(solid_angle.reshape(GRID, GRID), LONGEST_ASPECT)
    if found is None:
        raise _apart()
    box = [float(side[i]) for i in found]
    cell = float(side[1] - side[0])
    for edge, outwards in enumerate((-cell, -cell, cell, cell)):
        box[edge] = _pushed(box, edge, outwards, views, widest)
    left, top, right, bottom = box
    return left, top, right, bottom


def _pushed(
    box: list[float], edge: int, outwards: float, views: tuple[_View, _View], widest: float
) -> float:
    """The edge as far outwards, by up to a cell, as both pictures show its whole line."""
    start = box[edge]
    reached, beyond = 0.0, 1.0
    along = np.linspace(box[1 - edge % 2], box[3 - edge % 2], EDGE_POINTS)
    for _ in range(BISECTIONS):
        tried = (reached + beyond) / 2
        line = np.full(EDGE_POINTS, start + tried * outwards)
        slopes = np.column_stack([along, line] if edge % 2 else [line, along])
        shown = all(view.project(slopes)[1].all() for view in views)
        if shown and abs(line[0]) <= widest:
            reached = tried
        else:
            beyond = tried
    return start + reached * outwards


def _camera(box: Box, views: tuple[_View, _View], longest_side: int | None) -> Camera:
    left, top, right, bottom = box
    focal_px = _raw_focal(box, views)
    size = int(focal_px * (right - left)), int(focal_px * (bottom - top))
    if min(size) < MIN_SIDE:
        raise _apart()
    focal_px *= max(reduced_size(size, longest_side or max(size))) / max(size)
    width, height = int(focal_px * (right - left)), int(focal_px * (bottom - top))
    center_px = (
        width / 2 - focal_px * (left + right) / 2,
        height / 2 - focal_px * (top + bottom) / 2,
    )
    return Camera(width, height, focal_px, center_px)


def _raw_focal(box: Box, views: tuple[_View, ...]) -> float:
    """The focal length that keeps the raw pixels of the rectangle's middle, on average."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return sum(view.pixels_per_slope(middle) for view in views) / len(views)


def _apart() -> RigError:
    problem = "The two lenses of the rig see hardly anything in common."
    return RigError(problem, "Check the rotation between them, or use the pictures without it.")


def _pinhole_picture(pixels: ColorImage, view: _View, camera: Camera) -> Picture:
    """The raw pixels as the pinhole camera, turned to the common axes, would have seen them."""
    box = _box_of(camera)
    denser = _raw_focal(box, (view,)) / camera.focal_px
    if denser > DENSER:
        denser = denser if denser < 2 else int(denser)  # whole steps are far quicker
        size = round(view.lens.width / denser), round(view.lens.height / denser)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        view = replace(view, lens=view.lens.resized(*size))
    return _remapped(pixels, view, camera)


def _box_of(camera: Camera) -> Box:
    (cx, cy), f = camera.center_px, camera.focal_px
    return -cx / f, -cy / f, (camera.width - cx) / f, (camera.height - cy) / f


def _remapped(pixels: ColorImage, view: _View, camera: Camera) -> Picture:
    """The picture, band by band, as the map for all of it would not fit into the cache.

    The lens is asked at every few pixels, in between the answers are interpolated: their second
    derivative is at most about 1 / focal_px for the lenses of cameras.
    """
    step = max(1, int(sqrt(8 * CURVED_PX * camera.focal_px)))
    coarse = _raw_places(view, camera, step)
    fine = camera.width * camera.height <= CUBIC_PIXELS
    warped = np.empty((camera.height, camera.width, 3), np.uint8)
    nodes = max(1, BAND_ROWS // step)
    for node in range(0, len(coarse) - 2, nodes):
        places = _between(coarse[node : node + nodes + 2], step)[:, : camera.width]
        band = warped[node * step : (node + nodes) * step]
        fixed = cv2.convertMaps(places[: len(band)], np.empty(0), cv2.CV_16SC2)
        how = cv2.INTER_CUBIC if fine else cv2.INTER_LINEAR
        cv2.remap(pixels, *fixed, how, dst=band, borderMode=cv2.BORDER_REPLICATE)
    return warped


def _raw_places(view: _View, camera: Camera, step: int) -> np.ndarray:
    """Where every step-th pixel lies in the raw picture (rows, columns, 2), the first at (0, 0).

    They are the middles of blocks of step x step pixels, with one more block around the picture.
    """
    columns, rows = (-(-side // step) + 2 for side in (camera.width, camera.height))
    x = ((np.arange(columns) - 0.5) * step - camera.center_px[0]) / camera.focal_px
    y = ((np.arange(rows) - 0.5) * step - camera.center_px[1]) / camera.focal_px
    slopes = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return (view.project(slopes)[0] - np.float32(0.5)).reshape(rows, columns, 2)


def _between(coarse: np.ndarray, step: int) -> np.ndarray:
    """The places of all pixels of all blocks but those at the rim."""
    rows, columns = coarse.shape[:2]
    fine = cv2.resize(coarse, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine)[step:-step, step:-step]


def _kept_share(view: _View, box: Box) -> float:
    """The share of the raw picture that the rectangle shows."""
    left, top, right, bottom = box
    along = np.linspace(0, 1, EDGE_POINTS)
    xs, ys = left + along * (right - left), top + along * (bottom - top)
    ends = np.ones(EDGE_POINTS)
    outline = np.concatenate(
        [
            np.column_stack([xs, top * ends]),
            np.column_stack([right * ends, ys]),
            np.column_stack([xs[::-1], bottom * ends]),
            np.column_stack([left * ends, ys[::-1]]),
        ]
    )
    area = cv2.contourArea(view.project(outline)[0])
    return float(area / (view.lens.width * view.lens.height))


def _note(share: float, box: Box, eye: str) -> str:
    left, top, right, bottom = box
    wide, high = (degrees(atan(b) - atan(a)) for a, b in ((left, right), (top, bottom)))
    return (
        f"The pictures were undistorted by the rig: {share:.0%} of the {eye} one is kept, "
        f"{wide:.0f} x {high:.0f} degrees of view."
    )
