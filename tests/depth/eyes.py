"""Two eyes that look at textured cards, with exact matches."""

from dataclasses import dataclass

import cv2
import numpy as np

from stereopsis.depth.match import Matches
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from stereopsis.scene.stereo import Eye, StereoPair

CAMERA = Camera(320, 240, 300.0, (160.0, 120.0))
FAR, NEAR = 8.0, 3.0  # depth of the wall and of the card, in units of the distance between the eyes
CARD = slice(70, 170), slice(110, 220)  # rows and columns of the left picture

_OURS_FROM_CV = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])


@dataclass(frozen=True)
class Eyes:
    """A right eye that has turned by `rotation` (radians), grown and moved against the left one.

    Directions in the right eye are taken to the left one by `rotation`.
    """

    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    focal_ratio: float = 1.0
    right_eye: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def right_from_plane(self, depth: float) -> np.ndarray:
        """The homography between the pictures of a wall that faces the left eye."""
        moved = np.eye(3) - np.outer(self.right_eye, [0, 0, 1 / depth])
        turned = cv2.Rodrigues(np.array(self.rotation))[0].T @ moved
        right = intrinsics(CAMERA.focal_px * self.focal_ratio)
        return np.asarray(right @ turned @ np.linalg.inv(intrinsics(CAMERA.focal_px)))

    def matches(self, count: int = 200, noise_px: float = 0.0, seed: int = 0) -> Matches:
        """Exact matches at all depths, but for normal noise of the right eye's rows."""
        rng = np.random.default_rng(seed)
        left = rng.uniform((0, 0), (CAMERA.width, CAMERA.height), (count, 2))
        depths = 1 / rng.uniform(1 / 30, 1 / 3, count)
        right = np.array(
            [project(self.right_from_plane(d), p) for d, p in zip(depths, left, strict=True)]
        )
        right[:, 1] += rng.normal(0, noise_px, count) if noise_px else 0
        ones = np.ones(count, np.float32)
        return Matches(left.astype(np.float32), right.astype(np.float32), ones, ones * 0.01)

    def pair(self, shown: Eye = "left", seed: int = 0) -> StereoPair:
        """What the eyes see of a wall and of a card in front of it."""
        wall, card = texture(seed), texture(seed + 1)
        left, right = wall.copy(), self._warped(wall, FAR)
        left[CARD] = card[CARD]
        mask = np.zeros(wall.shape[:2], np.uint8)
        mask[CARD] = 1
        covered = self._warped(mask, NEAR) > 0
        right[covered] = self._warped(card, NEAR)[covered]
        return as_pair(left, right, shown)

    def _warped(self, image: np.ndarray, depth: float) -> np.ndarray:
        homography = self.right_from_plane(depth)
        in_cv = np.linalg.inv(_OURS_FROM_CV) @ homography @ _OURS_FROM_CV
        flags = cv2.INTER_CUBIC if image.ndim == 3 else cv2.INTER_NEAREST
        size = (CAMERA.width, CAMERA.height)
        border = cv2.BORDER_REFLECT if image.ndim == 3 else cv2.BORDER_CONSTANT
        return np.asarray(cv2.warpPerspective(image, in_cv, size, flags=flags, borderMode=border))


def intrinsics(focal_px: float) -> np.ndarray:
    return np.array(
        [[focal_px, 0, CAMERA.center_px[0]], [0, focal_px, CAMERA.center_px[1]], [0, 0, 1]]
    )


def project(homography: np.ndarray, pixel: np.ndarray) -> np.ndarray:
    x, y, z = homography @ (pixel[0], pixel[1], 1)
    return np.array([x / z, y / z])


def texture(seed: int) -> ColorImage:
    """Blobs of many sizes and colours."""
    rng = np.random.default_rng(seed)
    shape = (CAMERA.height, CAMERA.width, 3)
    layers = [cv2.GaussianBlur(rng.normal(size=shape), (0, 0), s) * s for s in (1.2, 3, 8)]
    mixed = sum(layers, start=np.zeros(shape))
    return np.clip(128 + 45 * mixed / mixed.std(), 0, 255).astype(np.uint8)


def as_pair(left: ColorImage, right: ColorImage, shown: Eye = "left") -> StereoPair:
    """The pictures with the camera of these tests, at their own sizes."""

    def photo(pixels: ColorImage) -> Photo:
        height, width = pixels.shape[:2]
        camera = Camera(width, height, CAMERA.focal_px, (width / 2, height / 2))
        return Photo(np.ascontiguousarray(pixels), camera)

    return StereoPair(photo(left), photo(right), shown)
