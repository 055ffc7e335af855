#!/bin/sh
# From a raw pair to a .glb: time of every stage on 1 and 2 cores, peak memory, and the dense stage
# at 720 x 500 beside OpenCV's SGBM in the same run.
#
# usage: runs/bench_stereo.sh PAIRS [--repeats N]
#   PAIRS  folder with <set>/<name>/{left.png,right.png}, and {left_raw.png,right_raw.png,calib.json}
#          for raw pairs of glasses
#
# Takes about 3 minutes of 2 idle cores. Writes runs/results/bench_stereo.json.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/bench_stereo.py "$@" > runs/results/bench_stereo.json.new
mv runs/results/bench_stereo.json.new runs/results/bench_stereo.json
