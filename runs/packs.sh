#!/bin/sh
# Makes the training data of the mono depth network: photos labelled by a teacher, and rendered
# worlds with exact depth.
#
# usage: runs/packs.sh PHOTOS TEACHER.onnx [SUPERTUXKART]
#   PHOTOS        folder of photographs (ours: 1,963 of 384 px), labels and textures come from them
#   TEACHER       a network from RGB to log inverse depth (ours: Tiefenrausch, MIT licence)
#   SUPERTUXKART  data folder of the game, as Debian's supertuxkart-data installs it in
#                 /usr/share/games/supertuxkart/data; without it there are no tracks among the worlds
#
# Writes runs/out/packs/: 4 packs of 500 labelled photos (20 MB and 5 minutes of one core each) and
# 6 packs of 1,000 rendered frames (47 MB and 2 minutes of one core each).
set -eu
[ $# -ge 2 ] || { sed -n '2,12p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
out="$(cd "$(dirname "$0")/.." && pwd)/runs/out/packs"
mkdir -p "$out"
for skip in 0 500 1000 1500; do
  "$python" -m stereopsis.train.label "$2" "$out/labels_$skip.npz" "$1" --skip "$skip" --count 500
done
for seed in 1 2 3 4 5 6; do
  "$python" -m stereopsis.train.worlds "$out/worlds_$seed.npz" --frames 1000 --seed "$seed" \
    --photos "$1" ${3:+--supertuxkart "$3"}
done
