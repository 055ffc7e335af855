#!/bin/sh
# How good is the embedded stereo network, against a constant, the mono network (with the scale and
# shift that suit the truth best) and OpenCV's SGBM with three directions (told the largest
# disparity)?
#
# usage: runs/evaluate_pairs.sh TRUTH
#   TRUTH  folder with stereo/<set>/<name>/{left.png,right.png,disp.npz}, some with mask_nocc.png or
#          disp_right.npz; ours has 24 pairs of 18 scenes out of Middlebury 2001-2014
#
# Takes about three minutes of two cores. Writes runs/out/evaluate_pairs/: scores.json (means, sets,
# hard pairs, paired differences with 95 % intervals over scenes, milliseconds), scores.csv (every
# pair), bad2.png and contact sheets. scores.json is kept as runs/results/stereo.json.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/runs/out/evaluate_pairs"
"${PYTHON:-python3}" -m stereopsis.train.evaluate_pairs --truth "$1" --output "$out"
cp "$out/scores.json" "$root/runs/results/stereo.json"
