#!/usr/bin/env bash
# Fits the two judges and the matcher of the pictograms' study. A quarter of an hour on two idle
# cores. Give the folder that runs/haystack.sh wrote, and a folder for the results:
#   runs/judges.sh pictograms judges
# Expected: both areas under the curve above .98 on held-out concepts.
set -euo pipefail
A=$1
OUT=$2
python -m stereopsis.imagine.judge fit "$A/selection.parquet" -o "$OUT/selection.npz" --role selection
python -m stereopsis.imagine.judge fit "$A/reference.parquet" -o "$OUT/reporting.npz" --role reporting \
  --backbone lite2 --other "$OUT/selection.npz" --held-out 2
python -m stereopsis.imagine.judge match "$A"/pool-*.parquet "$A/selection.parquet" -o "$OUT/matcher.npz"
