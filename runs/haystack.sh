#!/bin/sh
# Makes the three haystacks of the study of quality-tuning: pictograms, scenes and groceries.
#
# usage: runs/haystack.sh PACKAGES GROCERIES [CLIPART]
#   PACKAGES   a folder for six npm packages of emoji and their labels; npm fetches what it lacks
#              (180 MB)
#   GROCERIES  the Grocery Store Dataset: a folder that holds natural/ and iconic/
#   CLIPART    the drawings of Debian's openclipart-svg, /usr/share/openclipart/svg; without them the
#              pictograms have no clip art
#
# About 2 minutes of one core for the 14,000 pictograms, 20 for the 50,000 scenes, none for the
# groceries. The same arguments give the same bytes. Writes runs/out/haystack/: Parquet shards with a
# contact sheet and a card.json each.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/runs/out/haystack
export OMP_NUM_THREADS=1
make() { "${PYTHON:-python3}" -m stereopsis.imagine.haystack "$@"; }
make pictograms "$1" -o "$out/pictograms" ${3:+--clipart "$3"}
make scenes -o "$out/scenes" --count "${SCENES:-50000}"
make groceries "$2" -o "$out/groceries"
