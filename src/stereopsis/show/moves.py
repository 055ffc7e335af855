"""Camera moves: closed, smooth paths inside the viewing cone."""

from dataclasses import replace
from math import cos, pi, sin
from typing import Literal, get_args

from stereopsis.errors import OptionError
from stereopsis.scene.camera import Camera, ViewingCone

Move = Literal["orbit", "swing", "sway", "dolly", "dolly-zoom", "push-in"]
MOVES: tuple[Move, ...] = get_args(Move)

PUSH_IN_ZOOM = 0.08  # how far the lens closes in while pushing in, since the cone is shallow


def camera_path(
    move: Move, camera: Camera, cone: ViewingCone, frames: int, amplitude: float = 1.0
) -> list[Camera]:
    """One camera for each frame of a move that loops: the first frame follows the last.

    - orbit: a circle around the photo's own view
    - swing: from side to side
    - sway: a lying figure of eight, as a calm hand would move
    - dolly: to and fro with the lens as it is, so that the picture grows and shrinks
    - dolly-zoom: to and fro while the lens zooms against it, so that only depth changes
    - push-in: in and back while the lens closes in as well

    All but dolly and push-in see the window's plane at rest. `camera` is the photo's own, in the
    size of the frames; `amplitude` is the share of the cone that is used, above 0 and up to 1.

    Raises:
        OptionError: fewer than 2 frames, or an amplitude out of range.
    """
    if frames < 2:
        raise OptionError(f"A move of {frames} frames stands still.", "Ask for 2 frames or more.")
    if not 0.0 < amplitude <= 1.0:
        raise OptionError(
            f"The amplitude {amplitude:g} is out of range.", "Use a number above 0 and up to 1."
        )
    turns = [2.0 * pi * frame / frames for frame in range(frames)]
    return [_camera_at(move, camera, cone, amplitude, turn) for turn in turns]


def _camera_at(
    move: Move, camera: Camera, cone: ViewingCone, amplitude: float, turn: float
) -> Camera:
    """The camera when this part of 2 pi of the move is over."""
    reach, window = amplitude * cone.radius, cone.window_depth
    match move:
        case "orbit":
            return camera.through_window((reach * cos(turn), reach * sin(turn), 0.0), window)
        case "swing":
            return camera.through_window((reach * sin(turn), 0.0, 0.0), window)
        case "sway":
            across, down = reach * sin(turn), 0.3 * reach * sin(2.0 * turn)
            return camera.through_window((across, down, 0.0), window)
        case "dolly":  # the lens is set at the far end, where the picture just fills the frame
            far_end = camera.through_window((0.0, 0.0, -reach), window)
            return far_end.moved((0.0, 0.0, reach * (1.0 + sin(turn))))
        case "dolly-zoom":
            return camera.through_window((0.0, 0.0, reach * sin(turn)), window)
        case "push-in":
            progress = 0.5 - 0.5 * cos(turn)
            closer = camera.moved((0.0, 0.0, reach * progress))
            zoom = 1.0 + PUSH_IN_ZOOM * amplitude * progress
            return replace(closer, focal_px=zoom * camera.focal_px)
