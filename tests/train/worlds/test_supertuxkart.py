from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.train.worlds.supertuxkart import SuperTuxKart
from stereopsis.train.worlds.texture import TextureBank
from tests.train.worlds.spm_writer import write_spm

VERTICES = np.array([[0, 0, 0], [1, 0, 0], [1, 2, 0], [0, 2, 1]], np.float32)
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]])

SCENE = """<scene>
  <track model="ground.spm"/>
  <static-object model="limit_wall.spm" xyz="0 0 0"/>
  <object type="animation" model="lamp.spm" xyz="10 0 5" hpr="0 90 0" scale="2 2 2"/>
  <library name="barrel" xyz="0 1 0"/>
</scene>"""
QUADS = """<quads>
  <quad p0="-1 0 0" p1="1 0 0" p2="1 0 4" p3="-1 0 4"/>
  <quad p0="0:3" p1="0:2" p2="1 0.5 8" p3="-1 0.5 8"/>
</quads>"""
MATERIALS = """<materials>
  <material name="leaf.png" shader="alphatest"/>
  <material name="glow.png" shader="additive"/>
</materials>"""


@pytest.fixture
def game(tmp_path: Path) -> SuperTuxKart:
    track, barrel, textures = (tmp_path / p for p in ("tracks/oval", "library/barrel", "textures"))
    for folder in (track, barrel, textures, tmp_path / "karts" / "tux"):
        folder.mkdir(parents=True)
    for name, alpha in (("Stone.png", 255), ("leaf.png", 90), ("glow.png", 255)):
        cv2.imwrite(str(textures / name), np.full((8, 8, 4), [60, 90, 120, alpha], np.uint8))
    (textures / "materials.xml").write_text(MATERIALS)
    (track / "scene.xml").write_text(SCENE)
    (track / "quads.xml").write_text(QUADS)
    for name, texture in (
        ("ground", "stone.png"),
        ("limit_wall", "stone.png"),
        ("lamp", "leaf.png"),
    ):
        (track / f"{name}.spm").write_bytes(write_spm(VERTICES, UV, FACES, texture))
    (barrel / "node.xml").write_text('<scene><object model="b.spm" xyz="0 0 3"/></scene>')
    (barrel / "b.spm").write_bytes(write_spm(VERTICES, UV, FACES, "stone.png"))
    (tmp_path / "karts" / "tux" / "tux.spm").write_bytes(b"broken")
    return SuperTuxKart(tmp_path, TextureBank())


def test_a_track_is_assembled_with_y_down(game: SuperTuxKart):
    assert game.track_names() == ["oval"]
    track = game.track("oval")
    assert len(track.model.faces) == 6  # ground, lamp and barrel; limits are not seen
    ground, lamp, barrel = np.split(track.model.vertices, 3)
    down = VERTICES * [1, -1, 1]
    assert ground == pytest.approx(down)
    assert barrel == pytest.approx(down + np.array([0, -1, 3]))
    assert np.ptp(lamp[:, 1]) == pytest.approx(4)  # twice as large
    assert lamp[0] == pytest.approx([10, 0, 5])


def test_only_see_through_materials_are_cut_out(game: SuperTuxKart):
    track = game.track("oval")
    assert track.model.cutout.tolist() == [False, False, True, True, False, False]


def test_the_road_may_refer_to_earlier_pieces(game: SuperTuxKart):
    road = game.track("oval").road
    assert road.shape == (2, 4, 3)
    assert road[1, 0] == pytest.approx(road[0, 3])
    assert road[1, 2] == pytest.approx([1, -0.5, 8])


@pytest.mark.parametrize("scene", ["<scene>", '<scene><object model="b.spm" xyz="1 2"/></scene>'])
def test_things_that_cannot_be_placed_are_left_out(game: SuperTuxKart, scene: str):
    broken = game.folder / "library" / "broken"
    broken.mkdir()
    (broken / "node.xml").write_text(scene)
    assert len(game.things()) == 1


def test_things_stand_up_and_broken_ones_are_left_out(game: SuperTuxKart):
    (barrel,) = game.things()
    assert np.ptp(barrel.vertices, axis=0).max() == pytest.approx(1)
    assert barrel.vertices[:, 1].max() == pytest.approx(0)


def test_materials_are_opaque_squares(game: SuperTuxKart):
    assert len(game.materials()) == 2  # stone and glow; the leaf is see-through


def test_lights_are_not_painted(game: SuperTuxKart):
    folder = game.folder / "tracks" / "oval"
    (folder / "ground.spm").write_bytes(write_spm(VERTICES, UV, FACES, "glow.png"))
    assert len(game.track("oval").model.faces) == 4


def test_damaged_tracks_and_foreign_folders_are_named(game: SuperTuxKart, tmp_path: Path):
    (game.folder / "tracks" / "oval" / "quads.xml").write_text("<quads/>")
    with pytest.raises(DataError, match="oval"):
        game.track("oval")
    (game.folder / "tracks" / "oval" / "scene.xml").write_text("<scene")
    with pytest.raises(DataError, match="oval"):
        game.track("oval")
    with pytest.raises(DataError, match="SuperTuxKart"):
        SuperTuxKart(tmp_path / "karts", TextureBank())
