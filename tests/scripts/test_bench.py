import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import bench
import bench_frames
import numpy as np
import pytest
from bench import Bench, Cold, Pipeline, Timing, enlarged, in_own_process, measure_opengl, table
from bench_frames import opengl_frames, our_frames, wavy_mesh
from PIL import Image

from stereopsis.show.render import render
from tests.show.meshes import colourful, flat_mesh


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(colourful(120, 160)).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


def result(opengl: tuple[str, Timing | None]) -> Bench:
    timing = Timing.of([30.0, 10.0, 20.0])
    pipeline = Pipeline(timing, timing, {"depth": timing}, 10**8)
    return Bench(
        machine="a machine",
        load=0.5,
        commit="abc",
        warm={1: pipeline, 2: pipeline},
        cold=Cold(timing, 512 * 10**6),
        first_ever=Cold(timing, 10**8),
        glb_bytes={"a.jpg": 100_000, "b.jpg": 300_000, "c.jpg": 900_000},
        page_bytes=20_000,
        frame={1: timing, 2: timing},
        opengl=opengl,
    )


def test_timings_are_medians_and_minima():
    assert Timing.of([3.0, 1.0, 2.0]) == Timing(2.0, 1.0)
    assert str(Timing(12.4, 10.0)) == "12 ms (10)"
    assert str(Timing(1234.0, 999.0)) == "1.23 s (1.00)"


def test_the_table_has_a_row_for_every_figure():
    text = table(result(("llvmpipe", Timing(91.0, 90.0))))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    expected = ("a machine", "512 MB", "300 KB", "900 KB", "20.0 KB", "91 ms (90), llvmpipe")
    assert all(part in text for part in expected)


def test_a_rival_that_cannot_run_is_named_as_not_measured():
    text = table(result(("not measured: no moderngl", None)))
    assert "not measured: no moderngl" in text


def test_the_timed_photo_has_twelve_megapixels(photo, monkeypatch):
    monkeypatch.setattr(bench, "MEGAPIXELS", 0.12)
    with Image.open(enlarged(photo, photo.with_name("large.jpg"))) as large:
        assert large.width * large.height == pytest.approx(120_000, rel=0.01)
        assert large.width / large.height == pytest.approx(160 / 120, rel=0.01)


def test_the_timed_mesh_is_half_a_million_triangles_that_fill_the_frame(photo):
    mesh = wavy_mesh(photo)
    assert len(mesh.faces) == pytest.approx(500_000, rel=0.01)
    assert not render(mesh, mesh.camera.resized(320, 240)).uncovered.any()


def test_measurements_run_in_a_process_of_their_own_on_few_cores():
    assert in_own_process(1, os.getpid) != os.getpid()
    if hasattr(os, "sched_getaffinity"):
        before = os.sched_getaffinity(0)
        assert len(in_own_process(1, os.sched_getaffinity, 0)) == 1
        assert os.sched_getaffinity(0) == before


def test_stages_are_timed_after_a_warm_up(photo):
    measured = bench.measure_pipeline([photo], 1)
    assert {"read", "depth", "mesh", "glb", "write"} <= set(measured.stages)
    assert sum(t.median for t in measured.stages.values()) <= measured.whole.median * 1.01
    assert measured.peak_bytes > 10**7
    assert bench.measure_glb(photo) > 1000


def test_a_command_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        bench.measure_command(tmp_path / "missing.jpg", 1, os.environ)


def test_each_frame_is_timed_but_the_first(photo, monkeypatch):
    monkeypatch.setattr(bench_frames, "GRID", (9, 7))
    assert len(our_frames(photo, 3)) == 3


def test_without_the_module_opengl_is_not_measured(photo, monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    reason = "not measured: moderngl is not installed"
    assert opengl_frames(photo, 1) == reason
    monkeypatch.setattr(bench, "in_own_process", lambda cores, measure, *args: measure(*args))
    assert measure_opengl(photo, 1, 1) == (reason, None)


def test_without_a_display_opengl_is_not_measured(photo, monkeypatch):
    def fail(backend: str) -> None:
        raise Exception("no display")

    module = SimpleNamespace(create_standalone_context=fail)
    monkeypatch.setitem(sys.modules, "moderngl", module)
    assert opengl_frames(photo, 1) == "not measured: no display"


def test_opengl_is_told_the_same_camera():
    camera = flat_mesh(64, 48).camera.through_window((0.1, -0.05, 0.2), 2.0)
    told = bench_frames._uniforms(camera)
    point = np.array([0.3, 0.2, 3.0])
    seen = point - told["offset"]
    clip = told["lens"] * seen[:2] + np.array(told["shift"]) * seen[2]
    pixel = (clip / seen[2] + 1) / 2 * (64, 48)
    np.testing.assert_allclose(pixel, camera.project(np.float32([point]))[0][0], rtol=1e-4)


def test_the_command_prints_a_table_or_json(photo, monkeypatch, capsys):
    monkeypatch.setattr(bench, "bench", lambda photos, repeats: result(("none", None)))
    arguments = ["bench.py", "--photos", str(photo.parent)]
    monkeypatch.setattr(sys, "argv", arguments)
    bench.main()
    assert "| peak memory" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*arguments, "--json"])
    bench.main()
    assert json.loads(capsys.readouterr().out)["commit"] == "abc"
