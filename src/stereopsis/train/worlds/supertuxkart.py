"""SuperTuxKart's tracks and objects as models; its data is a package of most Linux systems."""

import math
import xml.etree.ElementTree as ElementTree
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from stereopsis.errors import DataError
from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.names import semantic_of_name
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.spm import parse_spm
from stereopsis.train.worlds.stock import Track
from stereopsis.train.worlds.texture import TextureBank, opaque

HIDDEN = ("limit", "invisible", "hitbox", "collision", "physic", "barrier_inv", "wind.spm")
GHOSTLY = ("gfx_", "Landscape", "Neon", "skyBeam", "Trap", "jetBlast")  # no solid, standing things
NO_MATERIAL = ("normal", "gloss", "sky", "_nm", "mask", "particle", "icon", "halo", "ibl", "_nor")
SEE_THROUGH = {"alphatest", "alphablend", "grass"}
LIGHT_ONLY = {"additive", "decal"}
MOST_FACES = 12_000  # of a standing thing
UNREADABLE = (ElementTree.ParseError, OSError, ValueError, IndexError)  # what bad files provoke
MIRROR_Y = np.diag([1.0, -1.0, 1.0, 1.0])  # the game's y points up


@dataclass
class SuperTuxKart:
    """The installed data folder; what it reads is painted from, and added to, the bank."""

    folder: Path
    bank: TextureBank
    _meshes: dict[Path, Model] = field(default_factory=dict)
    _materials: dict[Path, dict[str, tuple[str, str | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.folder / "tracks").is_dir():
            raise DataError(
                f"{self.folder} does not hold SuperTuxKart's data.",
                "Give the folder that holds `tracks` and `library`, as in supertuxkart-data.",
            )

    def track_names(self) -> list[str]:
        """The tracks that have a road."""
        return sorted(p.parent.name for p in self.folder.glob("tracks/*/quads.xml"))

    def track(self, name: str) -> Track:
        """A whole track with all that stands on it.

        Raises:
            DataError: its files cannot be understood.
        """
        folder = self.folder / "tracks" / name
        try:
            model = self._assemble(folder, np.eye(4), [self.folder / "textures", folder])
            road = _read_road(folder / "quads.xml")
        except UNREADABLE as error:
            raise DataError(
                f"The track {name} cannot be read: {error}.", "Leave it out, or install it anew."
            ) from error
        return Track(name, model, road * np.array([1, -1, 1], np.float32))

    def things(self) -> list[Model]:
        """Free-standing objects and karts, stood up; what cannot be read is left out."""
        textures = self.folder / "textures"
        found = []
        for node in (p.parent for p in sorted(self.folder.glob("library/*/node.xml"))):
            if not any(word in node.name for word in GHOSTLY):
                with suppress(*UNREADABLE):
                    found.append(self._assemble(node, np.eye(4), [textures, node]))
        for path in sorted(self.folder.glob("karts/*/*.spm")):
            if "wheel" not in path.name and "headlight" not in path.name:
                found.append(self._mesh(path, [textures, path.parent], MIRROR_Y))
        tall = [m for m in found if len(m.faces) and np.ptp(m.vertices[:, 1]) > 1e-3]
        return [thing.stood_up() for thing in tall if len(thing.faces) <= MOST_FACES]

    def materials(self) -> list[int]:
        """Indices of textures that are square, opaque and repeat well."""
        indices = []
        for path in sorted((self.folder / "textures").glob("*")):
            if path.suffix not in (".jpg", ".png") or any(
                w in path.name.lower() for w in NO_MATERIAL
            ):
                continue
            image = _read_rgba(path)
            if image is None or abs(image.shape[0] - image.shape[1]) > 2:
                continue
            if image[:, :, 3].min() >= 250 and image[:, :, :3].mean() > 15:
                indices.append(self.bank.add(image, f"material {path}"))
        return indices

    def _assemble(self, folder: Path, T_track_from_node: np.ndarray, textures: list[Path]) -> Model:
        """The scene.xml or node.xml in the folder with everything it refers to."""
        file = folder / "scene.xml"
        file = file if file.exists() else folder / "node.xml"
        root = ElementTree.parse(file).getroot()
        levels = {
            group.get("name"): next((e.get("model") for e in group if e.get("model")), None)
            for group in root.iter("group")
        }
        inside_lod = {id(e) for lod in root.iter("lod") for e in lod.iter()}
        parts = []
        for element in root.iter():
            if id(element) in inside_lod:
                continue
            pose = (
                T_track_from_node if element.tag == "track" else T_track_from_node @ _pose(element)
            )
            if element.tag == "library" and len(textures) < 4:
                node = self.folder / "library" / str(element.get("name"))
                if (node / "node.xml").exists():
                    parts.append(self._assemble(node, pose, [*textures, node]))
            name = _model_name(element, levels)
            path = folder / name if name else None
            if (
                path is not None
                and path.exists()
                and not any(w in path.name.lower() for w in HIDDEN)
            ):
                parts.append(self._mesh(path, textures, MIRROR_Y @ pose))
        return join(parts)

    def _mesh(self, path: Path, textures: list[Path], pose: np.ndarray) -> Model:
        """The mesh in place, y down; empty if the file is damaged."""
        if path not in self._meshes:
            self._meshes[path] = self._read_mesh(path, textures)
        model = self._meshes[path]
        return model.placed(pose[:3, 3], pose[:3, :3])

    def _read_mesh(self, path: Path, textures: list[Path]) -> Model:
        try:
            parts = parse_spm(path.read_bytes()) if path.suffix == ".spm" else []
        except ValueError:
            parts = []
        models = []
        for part in parts:
            paint = self._paint(part.texture.lower(), textures)
            if paint is not None and len(part.faces):
                texture, cutout = paint
                uv = part.uv[part.faces]
                model = Model.painted(part.vertices, part.faces, uv, texture, cutout)
                models.append(model.labelled(_semantic(path.stem, part.texture)))
        return join(models)

    def _paint(self, name: str, folders: list[Path]) -> tuple[int, bool] | None:
        """A texture's index and whether its alpha cuts, or None for lights and what is missing."""
        shader, mask = "solid", None
        path = mask_path = None
        for folder in folders:
            path = _find(folder, name) or path
            shader, mask = self._material_of(folder).get(name, (shader, mask))
        if path is None or shader in LIGHT_ONLY or "halo" in name or "glow" in name:
            return None
        index = self.bank.index(str(path))
        if index is None:
            image = _read_rgba(path)
            if image is None:
                return None
            for folder in folders if mask else []:
                mask_path = _find(folder, str(mask).lower()) or mask_path
            index = self.bank.add(_masked(image, mask_path), str(path))
        return index, shader in SEE_THROUGH

    def _material_of(self, folder: Path) -> dict[str, tuple[str, str | None]]:
        """Shader and mask of each texture that the folder's materials.xml mentions."""
        if folder not in self._materials:
            known: dict[str, tuple[str, str | None]] = {}
            if (folder / "materials.xml").exists():
                for entry in ElementTree.parse(folder / "materials.xml").getroot().iter("material"):
                    name = entry.get("name", "").lower()
                    known[name] = (entry.get("shader", "solid"), entry.get("mask"))
            self._materials[folder] = known
        return self._materials[folder]


def _semantic(mesh: str, texture: str) -> Semantic:
    """What the texture's name says, or else the mesh's unless that is a whole track."""
    by_texture = semantic_of_name(texture)
    if by_texture != Semantic.OBJECT or mesh.endswith("_track"):
        return by_texture
    return semantic_of_name(mesh)


def _find(folder: Path, name: str) -> Path | None:
    """The file of this name, whatever the case of its letters."""
    if not name:
        return None
    if (folder / name).exists():
        return folder / name
    return next((p for p in folder.iterdir() if p.name.lower() == name), None)


def _model_name(element: ElementTree.Element, levels: dict[str | None, str | None]) -> str | None:
    """The mesh that an element shows, in its finest level of detail."""
    if element.tag == "track":
        return element.get("model")
    if element.tag not in ("static-object", "object"):
        return None
    if element.get("type") not in (None, "static", "movable", "animation"):
        return None
    if (element.get("interaction") or "").startswith("physics"):
        return None
    return element.get("model") or levels.get(element.get("lod_group"))


def _pose(element: ElementTree.Element) -> np.ndarray:
    """T_parent_from_element out of xyz, hpr (degrees) and scale, y up."""
    x, y, z = (math.radians(float(v)) for v in element.get("hpr", "0 0 0").split())
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (x, y, z))
    rotation = np.array(
        [
            [cp * cy, sr * sp * cy - cr * sy, cr * sp * cy + sr * sy],
            [cp * sy, sr * sp * sy + cr * cy, cr * sp * sy - sr * cy],
            [-sp, sr * cp, cr * cp],
        ]
    )
    pose = np.eye(4)
    pose[:3, :3] = rotation @ np.diag([float(v) for v in element.get("scale", "1 1 1").split()])
    pose[:3, 3] = [float(v) for v in element.get("xyz", "0 0 0").split()]
    return pose


def _read_road(path: Path) -> np.ndarray:
    """Corners (n, 4, 3) of the pieces of road; "3:1" means corner 1 of piece 3."""
    road: list[list[np.ndarray]] = []
    for quad in ElementTree.parse(path).getroot():
        corners = [quad.get(f"p{k}") for k in range(4)]
        if None in corners:
            continue
        road.append([_corner(str(text), road) for text in corners])
    if not road:
        raise ValueError("it has no road")
    return np.asarray(road, np.float32)


def _corner(text: str, road: list[list[np.ndarray]]) -> np.ndarray:
    if ":" in text:
        piece, corner = (int(v) for v in text.split(":"))
        return road[piece][corner]
    return np.array([float(v) for v in text.split()])


def _read_rgba(path: Path) -> np.ndarray | None:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        return None
    if image.dtype != np.uint8:
        image = (image / 257).astype(np.uint8)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] == 3:
        return opaque(np.ascontiguousarray(image[:, :, ::-1]))
    return np.ascontiguousarray(image[:, :, [2, 1, 0, 3]])


def _masked(image: np.ndarray, mask: Path | None) -> np.ndarray:
    """The picture with its alpha from the mask, if there is one."""
    alpha = None if mask is None else cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
    if alpha is None:
        return image
    return np.dstack([image[:, :, :3], cv2.resize(alpha, image.shape[1::-1])])
