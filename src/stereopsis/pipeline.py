"""The whole story: a photo, or what two eyes saw, becomes a 3D photo."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from stereopsis.depth.choose import choose_depth
from stereopsis.depth.given import check_depth_fits
from stereopsis.depth.mono import doubt_about, guess_depth
from stereopsis.depth.refine import refine, widen_fronts
from stereopsis.errors import OptionError
from stereopsis.lift.assemble import assemble, with_fringe
from stereopsis.lift.atlas import lay_out
from stereopsis.lift.cut import cut
from stereopsis.lift.fringe import add_fringe
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.paint import Painter, paint
from stereopsis.lift.place import place
from stereopsis.lift.simplify import SimplifyConfig, simplify
from stereopsis.lift.soften import separate
from stereopsis.lift.triangulate import triangulate
from stereopsis.runtime.network import Network
from stereopsis.scene.camera import ViewingCone
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.mesh import Mesh
from stereopsis.scene.photo import Photo
from stereopsis.scene.second_eye import SecondEye
from stereopsis.scene.stereo import StereoPair

Quality = Literal["small", "standard", "high"]
FRONT_PX = 1  # that fronts gain, where the lens mixed their colours into the back
VAGUE_GRAIN_PX = 1.15  # depth with pixels larger than that has its edges off by as much


@dataclass(frozen=True)
class Detail:
    """What a quality preset buys."""

    layers_px: int  # the longer side of the layered image
    texture_px: int  # and of the photo in the texture
    error_px: float  # that triangles may be off by, in pixels of the layered image
    soft_edges: bool | None = None  # silhouettes have a fringe; None: if depth was measured


DETAIL: dict[Quality, Detail] = {
    "small": Detail(layers_px=640, texture_px=1024, error_px=0.5),
    "standard": Detail(layers_px=1024, texture_px=2048, error_px=0.5),
    "high": Detail(layers_px=1536, texture_px=3072, error_px=0.25),
}


def detail_of(quality: Quality, soft_edges: bool | None = None) -> Detail:
    """What a quality buys, with soft edges or without; None leaves it to how depth is known.

    Where depth was measured they are better; where it is guessed they gain next to
    nothing (runs/soft_edges.sh).

    Raises:
        OptionError: there is no such quality.
    """
    if quality not in DETAIL:
        raise OptionError(f"There is no quality {quality!r}.", f"Use one of {', '.join(DETAIL)}.")
    return replace(DETAIL[quality], soft_edges=soft_edges)


@dataclass(kw_only=True)
class Report:
    """What happened on the way: milliseconds per stage, counts, and what the user should know."""

    ms: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times what happens inside."""
        start = time.perf_counter()
        yield
        self.ms[name] = self.ms.get(name, 0.0) + 1e3 * (time.perf_counter() - start)


@dataclass(frozen=True)
class Photo3D:
    """A 3D photo with all that led to it."""

    photo: Photo
    depth: DepthMap
    layers: LayeredImage
    mesh: Mesh
    report: Report


def photo_to_3d(
    photo: Photo,
    depth: DepthMap | None = None,
    quality: Quality | Detail = "standard",
    cone: ViewingCone | None = None,
    network: Network | str | Path | None = None,
    painter: Painter | None = None,
) -> Photo3D:
    """The 3D photo of a photo, by a network's depth unless `depth` is given.

    The network is the embedded one, or what open_depth_model() opens, or would by this name or
    path. `depth` may have any size; its picture must be the photo's. `quality` is a preset, or what
    detail_of() makes of one, as for soft edges. `cone` says from where the
    result will be looked at, in scene units; without one it is chosen to suit the depth. What the
    photo does not show is filled by diffusion, and then by the `painter` if there is one.

    Raises:
        PhotoError: the photo is too small for its depth to be estimated.
        DepthError: the depth has another shape than the photo, knows nothing or says that all is
            infinitely far, or the network finds none.
        OptionError: there is no such quality, or no network of this name.
        WeightsError: the network is missing or damaged, or its answer is no depth.
    """
    detail, report = _as_detail(quality), Report()
    if depth is not None:
        check_depth_fits(depth, photo)
    if depth is None:
        with report.stage("depth"):
            depth = guess_depth(photo, network)
        report.warnings.extend(filter(None, [doubt_about(depth, photo)]))
    return _lift(photo, depth, _Lifting(detail, report, cone, painter))


def stereo_to_3d(
    pair: StereoPair,
    quality: Quality | Detail = "standard",
    cone: ViewingCone | None = None,
    network: Network | None = None,
    fill_from_second_eye: bool = True,
    painter: Painter | None = None,
) -> Photo3D:
    """The 3D photo of a pair's shown eye, from both eyes' depth if it can be trusted, else mono's.

    `depth.source` and `depth.reason` of the result say which it was and why; its `photo` is the
    shown picture, undistorted where the pair has a rig. With `fill_from_second_eye` the other eye
    shows what the shown one could not see, before the rest is painted. `network` is the embedded
    stereo network, unless another is given; `painter` is as for photo_to_3d().

    Raises:
        PhotoError: the pictures are too small.
        DepthError: a network finds no depth.
        RigError: the lenses of the rig see hardly anything in common.
        OptionError: there is no such quality.
        WeightsError: a network is missing or damaged.
    """
    detail, report = _as_detail(quality), Report()
    choice = choose_depth(pair, network, report.stage)
    report.warnings.extend(choice.look.seen.notes)
    report.warnings.extend(filter(None, [doubt_about(choice.depth, choice.photo)]))
    eye = choice.second_eye if fill_from_second_eye else None
    return _lift(choice.photo, choice.depth, _Lifting(detail, report, cone, painter, eye))


def _as_detail(quality: Quality | Detail) -> Detail:
    return quality if isinstance(quality, Detail) else detail_of(quality)


@dataclass(frozen=True)
class _Lifting:
    """How a photo is to be lifted, and where what happens is noted."""

    detail: Detail
    report: Report
    cone: ViewingCone | None
    painter: Painter | None
    second_eye: SecondEye | None = None


def _lift(photo: Photo, depth: DepthMap, lifting: _Lifting) -> Photo3D:
    """The 3D photo of a photo with this depth, of any size."""
    detail, report, second_eye = lifting.detail, lifting.report, lifting.second_eye
    with report.stage("refine"):
        small = photo.shrunk(detail.layers_px)
        grain_px = small.camera.long_side / max(depth.inverse_depth.shape)
        depth = refine(depth, small.pixels)
    is_guessed = depth.source == "mono"
    is_vague = is_guessed or grain_px > VAGUE_GRAIN_PX
    fronts = widen_fronts(depth, FRONT_PX) if is_vague else depth
    scene, cone = place(fronts, small.camera, cone=lifting.cone)
    parallax_px = small.camera.focal_px * cone.radius
    with report.stage("cut"):
        layers = cut(small.pixels, scene, parallax_px, grain_px)
    with report.stage("grow"):
        layers = grow(layers, parallax_px, 1.0 / cone.window_depth)
    with report.stage("inpaint"):
        eye = second_eye and second_eye.for_photo_scaled(small.camera.width / photo.camera.width)
        layers = inpaint(layers, parallax_px, second_eye=eye)
        if lifting.painter is not None:
            layers = paint(layers, parallax_px, lifting.painter)
    is_soft = _has_soft_edges(detail, depth)
    mesh, layers = _wrap(photo, layers, cone, parallax_px, is_soft, lifting)
    report.sizes.update(
        hidden_pixels=int(layers.hidden.sum()),
        vertices=len(mesh.vertices),
        triangles=len(mesh.faces),
    )
    if mesh.fringe is not None:
        report.sizes["fringe_triangles"] = len(mesh.fringe.faces)
    if second_eye is not None:
        report.sizes["seen_by_second_eye"] = layers.seen_count
    return Photo3D(photo, depth, layers, mesh, report)


def _has_soft_edges(detail: Detail, depth: DepthMap) -> bool:
    """Whether silhouettes have a fringe: as was asked for, else if depth was measured."""
    if detail.soft_edges is None:
        return depth.source != "mono"
    return detail.soft_edges


def _wrap(
    photo: Photo,
    layers: LayeredImage,
    cone: ViewingCone,
    parallax_px: float,
    is_soft: bool,
    lifting: _Lifting,
) -> tuple[Mesh, LayeredImage]:
    """The mesh of the layers in the photo's texture; with soft edges their colours are cleaned."""
    detail, report = lifting.detail, lifting.report
    with report.stage("mesh"):
        texture = photo.shrunk(detail.texture_px)
        atlas = lay_out(layers, columns=texture.camera.width)
        flatness = 0.5 * detail.error_px / parallax_px
        surface = triangulate(layers, atlas, flatness, detail.error_px)
        tolerance = SimplifyConfig(parallax_px=detail.error_px, texture_px=detail.error_px)
        surface = simplify(surface, parallax_px, tolerance)
    strip = None
    if is_soft:
        with report.stage("soften"):
            strip, layers = add_fringe(surface, layers, atlas, separate(layers))
    with report.stage("mesh"):
        mesh = assemble(surface, layers, atlas, texture, photo.camera, cone)
        if strip is not None:
            mesh = with_fringe(mesh, strip, layers, atlas, texture)
    return mesh, layers
