#!/bin/sh
# Can the target look of the pictograms be told from all others, on concepts never seen?
#
# usage: runs/judges.sh PICTOGRAMS OUT
#   PICTOGRAMS  folder with pool-*, selection and reference.parquet
#   OUT         folder for selection.npz, reporting.npz and matcher.npz
#
# Fits the two judges and the matcher, and prints their areas under the curve with 95 % intervals
# over concepts. A quarter of an hour of one core.
set -eu
[ $# -eq 2 ] || { sed -n '2,9p' "$0" >&2; exit 2; }
judge="${PYTHON:-python3} -m stereopsis.imagine.judge"
export OMP_NUM_THREADS=1
mkdir -p "$2"
$judge fit "$1/selection.parquet" -o "$2/selection.npz" --role selection
$judge fit "$1/reference.parquet" -o "$2/reporting.npz" --role reporting \
  --backbone lite2 --other "$2/selection.npz" --held-out 2
$judge match "$1"/pool-*.parquet "$1/selection.parquet" -o "$2/matcher.npz"
