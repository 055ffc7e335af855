"""How two eyes have turned since they were calibrated, told from the rows of their matches."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float

from stereopsis.depth.consensus import find_consensus
from stereopsis.depth.match import Matches
from stereopsis.scene.arrays import Pixels
from stereopsis.scene.camera import Camera

Parameters = Float[np.ndarray, "6"]  # pitch, yaw, roll, log focal ratio, tilt about y, about z
Rays = Float[np.ndarray, "n 3"]
Residuals = Float[np.ndarray, " n"]

VISIBLE = [0, 2, 3]  # what every match tells of: pitch, roll and focal ratio
START_LIMITS = np.array([np.radians(8), np.radians(8), 0.08])
START_TOLERANCE = 1 / 300  # of the picture's width

Reason = Literal["fitted", "too few matches", "no agreement", "no overlap"]


@dataclass(frozen=True)
class DriftConfig:
    """What is believed before looking (standard deviations) and how far a match is trusted."""

    turn: float = np.radians(2.0)  # pitch and roll, in radians
    yaw: float = np.radians(1.0)
    log_focal_ratio: float = 0.005
    tilt: float = np.radians(0.25)  # of the baseline against the left eye
    least_matches: int = 8
    sigma_floor_px: float = 0.05  # of a match, at a width of 720 px
    alike: int = 150  # matches beyond these repeat each other's systematic errors
    iterations: int = 30


@dataclass(frozen=True)
class Drift:
    """What turns rays of the right eye to those of the left, and both to the baseline.

    `rotation` is the rotation vector of the matrix that takes directions in the right camera to
    the left one: pitch, yaw, roll in radians. `focal_ratio` multiplies the right focal length.
    `tilt` is the rotation vector (0, tilt_y, tilt_z) that turns the left camera's axes until the
    right eye lies along x. `spread_px` is the robust standard deviation of the offsets.
    """

    rotation: tuple[float, float, float]
    focal_ratio: float
    tilt: tuple[float, float]
    inliers: Bool[np.ndarray, " n"]
    spread_px: float
    reason: Reason = "fitted"

    @property
    def parameters(self) -> Parameters:
        """The six numbers in the order in which they are fitted."""
        return np.array([*self.rotation, np.log(self.focal_ratio), *self.tilt])

    @property
    def turn_deg(self) -> float:
        """The size of pitch and roll together."""
        return float(np.degrees(np.hypot(self.rotation[0], self.rotation[2])))

    @property
    def yaw_deg(self) -> float:
        """The turn about the vertical axis, of which the rows tell little."""
        return float(np.degrees(self.rotation[1]))

    @property
    def baseline_direction(self) -> tuple[float, float, float]:
        """Where the right eye is, in the left camera's axes; a unit vector."""
        x, y, z = rotation_matrix(np.array([0.0, *self.tilt])).T[:, 0]
        return float(x), float(y), float(z)


def no_drift(count: int, reason: Reason) -> Drift:
    """The factory's values, with no match that would support them."""
    return Drift((0.0, 0.0, 0.0), 1.0, (0.0, 0.0), np.zeros(count, bool), 0.0, reason)


def fit_drift(
    matches: Matches, left_camera: Camera, right_camera: Camera, config: DriftConfig = DriftConfig()
) -> Drift:
    """The most likely drift; none, with the reason, where too few matches agree on one.

    A consensus of three matches at a time gives pitch, roll and focal ratio to start from. Then all
    six are refined by Gauss-Newton on the vertical offsets in the rectified pictures, with Geman
    and McClure's weights at the scale of the offsets, and with the beliefs as if they were data.
    """
    if len(matches) < config.least_matches:
        return no_drift(len(matches), "too few matches")
    problem = RowProblem.of(matches, left_camera, right_camera)
    start = _start(problem)
    if start is None:
        return no_drift(len(matches), "no agreement")
    floor = config.sigma_floor_px * left_camera.width / 720
    sigma = np.hypot(2 * matches.sigma_px, floor).astype(np.float64)
    widths = [config.turn, config.yaw, config.turn, config.log_focal_ratio, *2 * [config.tilt]]
    belief = np.diag(1 / np.square(widths)) * max(1.0, len(matches) / config.alike)
    found, scale = start, START_TOLERANCE * left_camera.width / floor
    for _ in range(config.iterations):
        error = problem.offsets(found) / sigma
        near = np.abs(error) < 6 * scale
        if near.sum() < config.least_matches:
            return no_drift(len(matches), "no agreement")
        scale = min(max(robust_spread(error[near]), 1.0), scale)
        weights = 1 / (1 + (error / (3 * scale)) ** 2) ** 2 / scale**2
        jacobian = problem.jacobian(found) / sigma[:, None]
        weighted = jacobian.T * weights
        step = np.linalg.solve(weighted @ jacobian + belief, weighted @ error + belief @ found)
        found = found - step
        if np.abs(step).max() < 1e-8:
            break
    error = problem.offsets(found)
    inliers = np.abs(error) < np.maximum(4 * scale * sigma, 3 * floor)
    if inliers.sum() < config.least_matches:
        return no_drift(len(matches), "no agreement")
    pitch, yaw, roll, log_ratio, *tilt = (float(number) for number in found)
    return Drift(
        (pitch, yaw, roll), float(np.exp(log_ratio)), (tilt[0], tilt[1]), inliers,
        robust_spread(error[inliers]),
    )  # fmt: skip


@dataclass(frozen=True)
class RowProblem:
    """Vertical offsets of matches in the rectified pictures, and how parameters change them."""

    left: Rays
    right: Rays
    focal_px: float

    @classmethod
    def of(cls, matches: Matches, left_camera: Camera, right_camera: Camera) -> "RowProblem":
        """The problem as it is posed by matches in pictures of these cameras."""
        left, right = rays(matches.left, left_camera), rays(matches.right, right_camera)
        return cls(left, right, left_camera.focal_px)

    def offsets(self, parameters: Parameters) -> Residuals:
        """Right row minus left row of each match, in px of the rectified pictures."""
        left, right, _ = self._turned(parameters)
        return np.asarray(self.focal_px * (right[:, 1] / right[:, 2] - left[:, 1] / left[:, 2]))

    def jacobian(self, parameters: Parameters) -> Float[np.ndarray, "n 6"]:
        """The derivatives of the offsets."""
        left, right, unfocused = self._turned(parameters)
        tilt = np.array([0.0, *parameters[4:]])
        turn, level = rotation_matrix(parameters[:3]), rotation_matrix(tilt)
        by_left, by_right = _row_gradient(left), _row_gradient(right)
        by_tilt = _by_rotation(by_right, right) - _by_rotation(by_left, left)
        by_turn = _by_rotation(by_right @ level, right @ level)
        shrinking = unfocused * (-1.0, -1.0, 0.0)
        by_focal = ((by_right @ level @ turn) * shrinking).sum(1)
        columns = [by_turn @ left_jacobian(parameters[:3]), by_focal]
        columns.append((by_tilt @ left_jacobian(tilt))[:, 1:])
        return self.focal_px * np.column_stack(columns)

    def _turned(self, parameters: Parameters) -> tuple[Rays, Rays, Rays]:
        """Both eyes' rays in rectified axes, and the right eye's own rays, in focus."""
        level = rotation_matrix(np.array([0.0, *parameters[4:]]))
        focus = float(np.exp(-parameters[3]))
        own = self.right * (focus, focus, 1.0)
        return self.left @ level.T, own @ (level @ rotation_matrix(parameters[:3])).T, own


def rays(pixels: Pixels, camera: Camera) -> Rays:
    """Directions with z = 1 in which a camera sees these pixels."""
    flat = (pixels.astype(np.float64) - camera.center_px) / camera.focal_px
    return np.column_stack([flat, np.ones(len(flat))])


def rotation_matrix(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """The rotation about this axis by its length in radians."""
    return np.asarray(cv2.Rodrigues(vector.astype(np.float64))[0])


def left_jacobian(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """How a small change of a rotation vector turns the result: J d is the turn added after it.

    Source: Sola et al., A micro Lie theory for state estimation in robotics (2018), eq. 145.
    """
    angle = float(np.linalg.norm(vector))
    cross = np.cross(np.eye(3), vector)
    if angle < 1e-5:
        return np.eye(3) + cross / 2
    once, twice = (1 - np.cos(angle)) / angle**2, (angle - np.sin(angle)) / angle**3
    return np.asarray(np.eye(3) + once * cross + twice * cross @ cross)


def robust_spread(errors: Residuals) -> float:
    """The standard deviation of a normal distribution with as large a median size."""
    return 1.4826 * float(np.median(np.abs(errors)))


def _start(problem: RowProblem) -> Parameters | None:
    """Pitch, roll and focal ratio that most matches agree with, to first order."""
    zero = np.zeros(6)
    design = problem.jacobian(zero)[:, VISIBLE]
    tolerance = START_TOLERANCE * 2 * problem.focal_px * float(np.abs(problem.left[:, 0]).max())
    found = find_consensus(design, -problem.offsets(zero), tolerance, START_LIMITS)
    if found is None:
        return None
    zero[VISIBLE] = found
    return zero


def _row_gradient(seen: Rays) -> Rays:
    """The derivative of y / z by x, y, z."""
    inverse = 1 / seen[:, 2]
    return np.column_stack([np.zeros(len(seen)), inverse, -seen[:, 1] * inverse**2])


def _by_rotation(gradient: Rays, turned: Rays) -> Rays:
    """The derivative by a small turn after all others: g . (d x r) = d . (r x g)."""
    return np.cross(turned, gradient)
