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
# rows. About 15 minutes of one core a seed. Writes runs/out/funnel/SEED/EYE/funnel.json, and
# runs/results/funnel.json of all, which so far holds seed 0 alone: by lite0 the filters keep 99 % of
# the needles and make them 2.3 times as frequent; cut at 80 % recall, 4.7 times (chance: 1.0), with
# the likes 5.5. Only with the simulated specialists after them is it 18 times. These were measured on
# scenes whose copies had, one in ten, no clean original, and more often none in the pool: the
# filter of duplicates is better than they say.
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
