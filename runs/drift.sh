#!/bin/sh
# How level are the rows of a pair whose right eye has turned, after rectify, after OpenCV's
# uncalibrated rectification and after nothing? And on real glasses?
#
# usage: runs/drift.sh PAIRS
#   PAIRS  folder with <set>/<name>/{left.png,right.png,disp.npz} out of Middlebury 2003-2014, with
#          mask_nocc.png and calib.txt where there are any, and aria_*/<name>/{left.png,right.png}
#          of Project Aria glasses, rectified by the factory's calibration
#
# Takes about a minute of two cores. Writes runs/results/drift.json and drift.png;
# docs/rectification.md says what they mean.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
"${PYTHON:-python3}" -m stereopsis.studies.drift --pairs "$1" --output "$root/runs/results"
