#!/bin/sh
# How good is the embedded mono depth network, against a constant, a vertical ramp and a teacher?
#
# usage: runs/evaluate.sh TRUTH [TEACHER.onnx [PHOTOS]]
#   TRUTH    folder with stereo/<set>/<name>/{left.png,disp.npz} and
#            depth/<set>/<name>/{image.png,depth.npz}; ours has 37 pictures of 33 scenes out of
#            Middlebury 2001-2014, ICL-NUIM, KITTI, Aria Digital Twin and SLAMBench2
#   TEACHER  a network from RGB to log inverse depth: ours is the Tiefenrausch released with
#            One Shot 3D Photography (MIT licence)
#   PHOTOS   a folder of photos to look at
#
# Takes about two minutes of one core. Writes runs/out/evaluate/: scores.json (means, sets, paired
# differences with 95 % intervals), scores.csv (every picture), a bar chart per metric, contact
# sheets. Of the rivals it prints (see stereopsis.train.metrics for the names):
#   constant  abs_rel .432  epe 23.6 %  ordinal 50.0 %  row_ordinal 50.0 %  shape_correlation 0
#   ramp      abs_rel .266  epe 15.1 %  ordinal 78.7 %  row_ordinal 50.0 %  shape_correlation 0
#   teacher   abs_rel .291  epe 16.2 %  ordinal 73.9 %  row_ordinal 59.1 %  shape_correlation .344
# and the network's own figures are in the manifest beside it (runtime/weights/mono.json).
# With a teacher, scores.json is kept as runs/results/evaluate.json, for scripts/readme.py.
set -eu
[ $# -ge 1 ] || { sed -n '2,10p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
"${PYTHON:-python3}" -m stereopsis.train.evaluate --truth "$1" \
  ${2:+--teacher "$2"} ${3:+--photos "$3"} \
  --network "$root/src/stereopsis/runtime/weights/mono.onnx" --output "$root/runs/out/evaluate"
[ $# -lt 2 ] || cp "$root/runs/out/evaluate/scores.json" "$root/runs/results/evaluate.json"
