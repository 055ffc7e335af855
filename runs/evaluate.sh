#!/bin/sh
# How good is the embedded mono depth network, against a constant, a vertical ramp, a teacher and
# its own last edition?
#
# usage: runs/evaluate.sh TRUTH [TEACHER.onnx [PHOTOS [PREVIOUS.onnx]]]
#   TRUTH     folder with stereo/<set>/<name>/{left.png,disp.npz} and
#             depth/<set>/<name>/{image.png,depth.npz}; ours has 37 pictures of 23 scenes out of
#             Middlebury 2001-2014, ICL-NUIM, KITTI, Aria Digital Twin and SLAMBench2
#   TEACHER   a network from RGB to log inverse depth: ours is the Tiefenrausch released with
#             One Shot 3D Photography (MIT licence)
#   PHOTOS    a folder of photos to look at; what is wrong with each is read from
#             runs/results/photos.json, which a person writes after looking
#   PREVIOUS  the .onnx of the last edition, its .json beside it
#
# Takes about five minutes of one core. Writes runs/out/evaluate/: scores.json (means, sets, paired
# differences with 95 % intervals, calibration, speed), scores.csv (every picture), a bar chart per
# metric, sparsification curves, contact sheets, and photos.png with the notes. docs/evaluation.md
# says what the figures mean. Of the rivals it prints:
#   constant  abs_rel .432  epe 23.6 %  ordinal 50.0 %  row_ordinal 50.0 %  shape_correlation 0
#   ramp      abs_rel .266  epe 15.1 %  ordinal 78.7 %  row_ordinal 50.0 %  shape_correlation 0
#   teacher   abs_rel .291  epe 16.2 %  ordinal 73.9 %  row_ordinal 59.1 %  shape_correlation .344
# With a teacher, scores.json is kept as runs/results/evaluate.json, for scripts/readme.py.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
weights="$root/src/stereopsis/runtime/weights"
notes="$root/runs/results/photos.json"
truth="$1" teacher="${2:-}" photos="${3:-}" previous="${4:-}"
set -- --truth "$truth" --output "$root/runs/out/evaluate" --network "$weights/mono.onnx"
[ ! -f "$weights/mono-int8.onnx" ] || set -- "$@" --network "$weights/mono-int8.onnx"
[ -z "$teacher" ] || set -- "$@" --teacher "$teacher"
[ -z "$photos" ] || set -- "$@" --photos "$photos"
[ -z "$photos" ] || [ ! -f "$notes" ] || set -- "$@" --notes "$notes"
[ -z "$previous" ] || set -- "$@" --previous "$previous"
"${PYTHON:-python3}" -m stereopsis.train.evaluate "$@"
[ -z "$teacher" ] || cp "$root/runs/out/evaluate/scores.json" "$root/runs/results/evaluate.json"
