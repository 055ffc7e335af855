#!/bin/sh
# How much error how much time buys: the stereo network, its 8-bit variant, the network without the
# dense classical guess, and OpenCV's SGBM, on pictures from half to 1.2 times their size (never more
# pixels than the network was made for).
#
# usage: runs/stereo_curve.sh TRUTH
#   TRUTH  folder as in runs/evaluate_pairs.sh
#
# Takes about six minutes of 2 idle cores. Writes runs/results/stereo_curve.json and .png: errors,
# milliseconds, both against SGBM at full size in the same run, 95 % intervals over scenes.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" -m stereopsis.studies.pair_curve --truth "$1" -o runs/results
