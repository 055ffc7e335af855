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
# Photos are labelled by the teacher (into runs/out/teacher_labels/, kept for another round), then
# again with the help of NETWORK, by default the embedded one; docs/recipe.md tells why. The second
# edition learned from labels of the first. Without any network, train one on teacher_labels/.
#
# Writes runs/out/packs/: packs of 500 labelled photos (35 MB and 8 minutes of one core each) and
# 6 packs of 1,000 rendered frames (about 55 MB and 3 minutes of one core each; frames that do not
# fit into 60 MB, as where PLANES="--second-eye --hidden-layers 2" are wanted, go on in
# worlds_1_2.npz and so forth).
set -eu
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/packs"
labels="$root/runs/out/teacher_labels"
network="${NETWORK:-$root/src/stereopsis/runtime/weights/mono.onnx}"
mkdir -p "$out"
mkdir -p "$labels"
photos="$(find "$1/" -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' | wc -l)"
for skip in 0 500 1000 1500; do
  [ "$skip" -eq 0 ] || [ "$skip" -lt "$photos" ] || break
  pack="labels_$skip.npz"
  [ -s "$labels/$pack" ] ||
    "$python" -m stereopsis.train.label "$2" "$labels/$pack" "$1" --skip "$skip" --count 500
  "$python" -m stereopsis.train.relabel "$network" "$labels/$pack" "$out/$pack"
done
for seed in 1 2 3 4 5 6; do
  "$python" -m stereopsis.train.worlds "$out/worlds_$seed.npz" --frames 1000 --seed "$seed" \
    --photos "$1" --megabytes 60 ${3:+--supertuxkart "$3"} ${PLANES:-}
done
