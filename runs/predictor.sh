#!/bin/sh
# How few trained networks does a pre-trained predictor need to rank others? Against no pre-training,
# ridge regression, and the costs alone.
#
# usage: runs/predictor.sh TABLE
#   TABLE  accel-nasbench_imagenet_mnasnet.csv: networks of Accel-NASBench with columns b0_e, b0_k,
#          b0_l, b0_se ... b6_se, top1, mmacs, mparams
#
# Takes about five minutes of one core. Writes runs/results/predictor.json and predictor.png;
# docs/search_tables.md says what they mean.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
OMP_NUM_THREADS=1 "${PYTHON:-python3}" -m stereopsis.studies.predictor "$1" \
  -o "$root/runs/results"
