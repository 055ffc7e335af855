"""The tables of README.md and of docs/hidden.md, as Markdown, from what runs measured."""

import statistics
from typing import Any

import numpy as np
from measured import results, table

from stereopsis.runtime.manifest import manifest_path, read_manifest
from stereopsis.runtime.weights import find_weights

DEPTH_RIVALS = ("ramp", "teacher")
DEPTH_METRICS = {
    "abs_rel": ("AbsRel", "{:.3f}"),
    "epe_percent": ("EPE, % of range", "{:.1f}"),
    "ordinal": ("order of pairs, %", "{:.1f}"),
    "row_ordinal": ("**order on the same row, %**", "{:.1f}"),
    "shape_correlation": ("**correlation without plane**", "{:.3f}"),
    "boundary_f1_small": ("boundary F1 x 100", "{:.2f}"),
    "halo_px": ("halo, px", "{:.1f}"),
}
# Too much for the front page; runs/results/evaluate.json has them.
EDGE_RIVALS = ("+nearest", "+guided")


def speed_table() -> str:
    """Time, memory and sizes."""
    bench = results("bench")
    warm = {int(cores): run for cores, run in bench["warm"].items()}
    frame = {int(cores): run for cores, run in bench["frame"].items()}
    cores = max(warm)
    kilobytes = [size / 1e3 for size in bench["glb_bytes"].values()]
    rival, opengl = bench["opengl"]
    against = f"{rival}: {opengl['median']:.0f} ms" if opengl else "OpenGL: not measured"
    drawn = f"{frame[cores]['median']:.0f} ms"
    rows = [
        ("12 MP JPEG to .glb + .html", _seconds(warm[cores]["whole"]["median"]), "1.0 s"),
        ("the same, slowest photo", _seconds(warm[cores]["slowest"]["median"]), ""),
        ("the same on one core", _seconds(warm[1]["whole"]["median"]), ""),
        ("the same in a new process", _seconds(bench["cold"]["whole"]["median"]), "4 s"),
        (
            "the first run ever, which compiles",
            _seconds(bench["first_ever"]["whole"]["median"]),
            "",
        ),
        ("peak memory, several photos", f"{warm[cores]['peak_bytes'] / 1e6:.0f} MB", "900 MB"),
        (
            f".glb, median of {len(kilobytes)} photos",
            f"{statistics.median(kilobytes):.0f} KB",
            "450 KB",
        ),
        (".glb, largest", f"{max(kilobytes):.0f} KB", "800 KB"),
        ("web page without the picture", f"{bench['page_bytes'] / 1e3:.1f} KB", "25 KB"),
        ("frame of 500 k triangles, 1280 x 960", drawn, f"30 ms ({against})"),
    ]
    head = ["| figure | measured | wanted |", "|---|---|---|"]
    photos = "photos enlarged to 12 MP, of which new processes lift one"
    machine = f"{bench['machine']}, load {bench['load']:.1f} before"
    foot = f"{machine}; {photos}; commit {bench['commit']}; medians; `runs/bench.sh`"
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows), "", foot])


def _seconds(ms: float) -> str:
    return f"{ms / 1e3:.2f} s"


def view_table() -> str:
    """New views against the truth, beside trivial rivals."""
    scores = results("novel_view")
    lines = [
        "| Motorcycle, one eye to the other, true depth given | PSNR | SSIM | visible before | "
        "not visible before | uncovered |",
        "|---|---|---|---|---|---|",
    ]
    for row in scores["pairs"]["Motorcycle"]:
        parts = [f"{row[p]['psnr']:.2f} / {row[p]['ssim']:.3f}" for p in ("visible", "disoccluded")]
        lines.append(
            f"| {row['method']} | {row['whole']['psnr']:.2f} | {row['whole']['ssim']:.3f} | "
            f"{parts[0]} | {parts[1]} | {row['uncovered']:.2%} |"
        )
    worst = max(max(shares) for shares in scores["uncovered"].values())
    mean = float(np.mean([np.mean(shares) for shares in scores["uncovered"].values()]))
    count = len(scores["uncovered"])
    lines += [
        "",
        f"Uncovered over the whole viewing cone of {count} photos: {mean:.4%} on average, "
        f"{worst:.3%} in the worst view; commit {scores['commit']}; `runs/novel_view.sh`",
    ]
    return "\n".join(lines)


def hidden_table() -> str:
    """What one eye saw nothing of, filled and seen from the other eye, beside other fills."""
    scores = results("hidden_views")
    lines = [
        f"| hidden pixels, {scores['scenes']} scenes, true depth given | PSNR | SSIM | "
        "feature distance | whole view, PSNR | SSIM |",
        "|---|---|---|---|---|---|",
    ]
    for method, row in scores["mean"].items():
        lines.append(
            f"| {method} | {row['psnr']:.2f} | {row['ssim']:.3f} | {row['features']:.3f} | "
            f"{row['whole_psnr']:.2f} | {row['whole_ssim']:.3f} |"
        )
    best = max(scores["ours_minus"], key=lambda name: scores["mean"][name]["psnr"])
    gap = scores["ours_minus"][best]
    lines += [
        "",
        f"{scores['ours']} minus {best}, 95 % intervals over scenes: PSNR "
        f"{gap['psnr']['mean']:+.2f} dB [{gap['psnr']['low']:.2f}, {gap['psnr']['high']:.2f}], "
        f"feature distance {gap['features']['mean']:+.3f} [{gap['features']['low']:.3f}, "
        f"{gap['features']['high']:.3f}]; commit {scores['commit']}; `runs/hidden_views.sh`",
    ]
    return "\n".join(lines)


def behind_table() -> str:
    """What is painted behind things that were set before pictures, beside other fills."""
    rows = [
        (
            thing,
            method,
            f"{scores['psnr']:.2f}",
            f"{scores['parallax_off_px']:.2f}",
            f"{scores['plane_off_px']:.3f}",
            f"{scores['leaks_in_1000']:.2f}",
        )
        for thing, report in results("leaks").items()
        for method, scores in report["mean"].items()
    ]
    head = ("behind a", "fill", "PSNR", "parallax off, px", "of planes, px", "leaks, in 1000 px")
    return table(head, rows)


def holes_table() -> str:
    """What is painted where rendered worlds know what is hidden, beside other fills."""
    found = results("holes")
    (ours,) = found["gain_in_psnr"]
    gains = found["gain_in_psnr"][ours]
    rows = []
    for method, scores in found["mean"].items():
        gap = gains.get(method)
        gained = f"{gap['mean']:+.2f} [{gap['low']:+.2f}, {gap['high']:+.2f}]" if gap else ""
        off = f"{scores['parallax_off_px']:.2f}"
        rows.append((method, f"{scores['psnr']:.2f}", gained, off))
    head = ("fill", "PSNR, dB", f"{ours} gains, dB [95 %]", "parallax off, px")
    return f"{table(head, rows)}\n\n{found['frames']} frames; `runs/holes.sh`"


def network_facts() -> str:
    """How large the embedded network is."""
    import torch

    from stereopsis.nets.cost import measure_cost
    from stereopsis.nets.mono import MonoDepth
    from stereopsis.nets.unet import UNetConfig

    cost = measure_cost(MonoDepth(UNetConfig()).eval(), torch.zeros(1, 192, 256, 3))
    megabytes = find_weights("mono").stat().st_size / 1e6
    return (
        f"The embedded depth network has {cost.params / 1e6:.1f} M parameters, takes "
        f"{cost.flops / 1e9:.2f} GMAC at 256 x 192 and {megabytes:.1f} MB of the package."
    )


def depth_table() -> str:
    """The depth network against its rivals on measured truth."""
    scores = results("evaluate")
    head = f"| {scores['pictures']} pictures | {' | '.join(n for n, _ in DEPTH_METRICS.values())} |"
    lines = [head, "|---" * (len(DEPTH_METRICS) + 1) + "|"]
    for method, values in scores["mean"].items():
        if method.endswith(EDGE_RIVALS):
            continue
        cells = [
            "" if values[m] is None else pattern.format(values[m])
            for m, (_, pattern) in DEPTH_METRICS.items()
        ]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    (ours, rivals) = next(iter(scores["differences"].items()))
    lines += [
        "",
        f"{ours} minus its rivals, with 95 % intervals over {scores['scenes']} scenes:",
        "",
    ]
    for rival in DEPTH_RIVALS:
        differences, parts = rivals[rival], []
        for metric, (name, pattern) in DEPTH_METRICS.items():
            if metric not in differences:
                continue
            low, middle, high = (
                pattern.format(differences[metric][k]) for k in ("low", "mean", "high")
            )
            parts.append(f"{name.strip('*')} {middle} [{low}, {high}]")
        lines.append(f"- {rival}: {'; '.join(parts)}")
    lines += ["", speed_line(scores["speed"])]
    commit = read_manifest(manifest_path(find_weights("mono"))).commit
    return "\n".join([*lines, "", f"network of commit {commit}; `runs/evaluate.sh`"])


def speed_line(speed: dict[str, Any]) -> str:
    """The networks' times beside the teacher's, in one sentence."""
    parts = [
        f"{name} {each['ms']:.0f} ms ({each['ms'] / speed['teacher']['ms']:.2f} of the teacher, "
        f"{each['megabytes']:.1f} MB)"
        for name, each in speed.items()
        if isinstance(each, dict) and name != "teacher"
    ]
    return f"One picture on {speed['threads']} threads: {'; '.join(parts)}"


STEREO_METRICS = {
    "bad2": "off by 2 px, %",
    "bad1": "by 1 px, %",
    "epe": "mean error, px",
    "bad2_seen": "2 px, seen by both, %",
    "bad2_hidden": "2 px, hidden from one, %",
}


def stereo_table() -> str:
    """The stereo network against its rivals, the rows, the decision and the time."""
    scores, drifts = results("stereo"), results("drift")
    lines = [
        f"| {scores['pairs']} pairs of {scores['scenes']} scenes, every pixel | "
        f"{' | '.join(STEREO_METRICS.values())} |",
        "|---" * (len(STEREO_METRICS) + 1) + "|",
    ]
    for method, values in scores["mean"].items():
        cells = [f"{values[m]:.2f}" if m == "epe" else f"{values[m]:.1f}" for m in STEREO_METRICS]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    gap = scores["differences_in_bad2"]["stereo"]["sgbm-3way"]
    hard = ", ".join(
        f"{name} {each['stereo']['bad2']:.1f} (SGBM {each['sgbm-3way']['bad2']:.1f})"
        for name, each in scores["hard"].items()
        if each
    )
    ours, rival = (
        drifts["vertical_error_px"][name]["0.5"] for name in ("ours", "opencv_uncalibrated")
    )
    decided = results("decision")["held_out"]
    return "\n".join(
        [
            *lines,
            "",
            f"- stereo minus SGBM: {gap['mean']:+.1f} points, 95 % interval [{gap['low']:+.1f}, "
            f"{gap['high']:+.1f}]; hard ones: {hard}; `runs/evaluate_pairs.sh`",
            f"- rows after a drift of half a degree are level to {ours['median']:.2f} px (90th "
            f"percentile {ours['p90']:.2f}; OpenCV uncalibrated {rival['median']:.2f} and "
            f"{rival['p90']:.2f}); `runs/drift.sh`",
            f"- use stereo? On scenes that the weights were not fitted to: AUC "
            f"{decided['auc']:.3f}, the chosen depth is {decided['loss_percent']:.1f} % worse than "
            f"the better of both (always stereo {decided['always_stereo_loss_percent']:.0f} %, "
            f"always mono {decided['always_mono_loss_percent']:.0f} %), "
            f"{decided['accepted_no_pairs']} of {decided['no_pairs']} swapped and foreign pairs "
            "accepted; `runs/decision.sh`",
            stereo_speed(results("bench_stereo")),
        ]
    )


def stereo_speed(bench: dict[str, Any]) -> str:
    """What the whole way and the dense stage take, in one line."""
    whole, dense = bench["pipeline"]["2"], bench["dense_at_720x500"]["2"]
    sgbm = dense["sgbm-3way"]["median"]
    parts = ", ".join(f"{name} {each['median']:.0f} ms" for name, each in dense.items())
    return (
        f"- pair to .glb, 2 cores, warm, median of {whole['pairs']} pairs: "
        f"{_seconds(whole['whole']['median'])}, slowest {_seconds(whole['slowest']['median'])}, "
        f"peak {whole['peak_bytes'] / 1e6:.0f} MB; dense stage at 720 x 500: {parts} "
        f"(stereo is {dense['stereo']['median'] / sgbm:.1f} times "
        f"SGBM); {bench['machine']}; commit {bench['commit']}; `runs/bench_stereo.sh`"
    )
