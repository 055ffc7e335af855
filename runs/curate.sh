#!/bin/sh
# How many pictures a second does the funnel of curation take, and how much memory, as they grow?
#
# usage: runs/curate.sh [COUNT...]
#   COUNT  how many small pictures to generate; default: 10000 100000
#
# Without the two networks for offensive content and text; by both eyes up to 10,000 pictures, beyond
# by the grid only. Seven minutes of one core. Writes runs/results/curate.json and curate.png.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || set -- 10000 100000
OMP_NUM_THREADS=1 "${PYTHON:-python3}" -m stereopsis.imagine.curate.bench "$@" \
  -o "$root/runs/results"
