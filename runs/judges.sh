#!/bin/sh
# Can the target look of the pictograms be told from all others, on concepts never seen?
#
# usage: runs/judges.sh PICTOGRAMS OUT [MODEL]
#   PICTOGRAMS   folder with pool-*, selection and reference.parquet
#   OUT          folder for selection.npz, reporting.npz and matcher.npz
#   MODEL        a generator that is to be judged: judges learn what it draws again of pictures, too,
#                at its side; SIDE is that of the pictures that the matcher sees, 64 unless given
#
# Fits the two judges and the matcher, and prints their areas under the curve with 95 % intervals
# over concepts. A quarter of an hour of one core, four times that with a model.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
judge="${PYTHON:-python3} -m stereopsis.imagine.judge"
export OMP_NUM_THREADS=1
mkdir -p "$2"
$judge fit "$1/selection.parquet" -o "$2/selection.npz" --role selection ${3:+--through "$3"}
$judge fit "$1/reference.parquet" -o "$2/reporting.npz" --role reporting \
  --backbone lite2 --other "$2/selection.npz" --held-out 2 ${3:+--through "$3"}
$judge match "$1"/pool-*.parquet "$1/selection.parquet" -o "$2/matcher.npz" \
  --side "${SIDE:-64}"
