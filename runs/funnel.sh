#!/bin/sh
# How good is the funnel of curation where the quality of every picture is known?
#
# usage: runs/funnel.sh [SEED...]
#   SEED  of the scenes; default: 0 1 2
#
# For each seed 10,000 drawn scenes. Simulated generalists label 3,000; on those an aesthetic head and
# a pairing are fitted, by EfficientNet-lite0's features and by those of a grid. The other 7,000 go
# through imagine.curate, then to simulated generalists and specialists. Beside it chance and the
# simulated likes alone. Recall, precision and enrichment of each stage, with 95 % intervals over
# rows. About 8 minutes of one core a seed. Writes runs/out/funnel/SEED/EYE/funnel.json, and
# runs/results/funnel.json of all. Over the three seeds the filters with lite0 keep 99 % of the
# needles (or near copies of them) and make them 2.5 times as frequent; cut at 80 % recall, 5.7 times
# (4.8 to 6.4; chance 1.0, likes alone 2.4), after simulated generalists 6.3 times. Only with the
# simulated specialists after them is it 20 times (19 to 21).
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || set -- 0 1 2
export OMP_NUM_THREADS=1
make() { "${PYTHON:-python3}" -m stereopsis.imagine.haystack "$@"; }
for seed; do
  out=runs/out/funnel/$seed
  [ -f "$out/scenes/card.json" ] ||
    make scenes -o "$out/scenes" --count 10000 --picked 4 --seed "$seed"
  for eye in grid lite0; do
    [ -f "$out/$eye/funnel.json" ] || make funnel "$out/scenes" -o "$out/$eye" --eye "$eye"
  done
done
make funnel-table runs/out/funnel -o runs/results
