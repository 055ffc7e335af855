#!/bin/sh
# Does a small search find a better network than published ones made as thin as it, or than chance?
#
# usage: runs/small_search.sh PICTURES.npz
#   PICTURES  train_x, test_x: uint8 (n, 32, 32, 3); train_y, test_y. Ours has 5,000 and 1,000
#             pictures of CIFAR-10
#
# For three seeds: a search within 6 M multiply-adds (about 15 minutes of one core), and a training by
# the same recipe (about 8 minutes of one core each) of what was found, of MobileNetV3-Small and
# FBNetV2-F1 as wide as the budget allows, and of a network drawn from the same space. Two at a time;
# about two hours of 2 cores in all; goes on where it was stopped. Writes
# runs/results/small_search.json and .png.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" -m stereopsis.studies.small_search "$1" -o runs/results \
  --runs runs/out/small_search/runs
