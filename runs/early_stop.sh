#!/bin/sh
# Do trainings that are stopped early lead to the same pick, and how many epochs do they save?
#
# usage: runs/early_stop.sh PICTURES
#   PICTURES  a .npz with train_x, test_x (uint8, n x 32 x 32 x 3) and train_y, test_y: CIFAR-10
#
# Trains 48 small networks: about seven minutes of one core. Writes runs/results/early_stop.json and
# early_stop.png; docs/search_tables.md says what they mean.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
OMP_NUM_THREADS=1 "${PYTHON:-python3}" -m stereopsis.studies.early_stop "$1" \
  -o "$root/runs/results"
