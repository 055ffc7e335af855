#!/bin/sh
# When is stereo better than mono, and does depth/trust.py know?
#
# usage: runs/decision.sh TRUTH [SEEDS]
#   TRUTH  folder with stereo/<set>/<name>/{left.png,right.png,disp.npz}
#   SEEDS  random drifts of each pair, 1 if left out
#
# Every development pair is drifted by 0 to 2 degrees, blurred, made noisy, faded, half covered,
# swapped, and mixed with another scene's; stereo and mono are held against the truth. A logistic
# regression learns which is better, and is judged on scenes that it has not seen. Takes about ten
# minutes of two cores. Writes runs/out/decision/ (every trial) and runs/results/decision.json and
# decision.png; prints the lines of WEIGHTS in depth/trust.py.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/runs/out/decision"
"${PYTHON:-python3}" -m stereopsis.studies.decision --truth "$1" --output "$out" \
  --seeds "${2:-1}"
cp "$out/decision.json" "$out/decision.png" "$root/runs/results/"
