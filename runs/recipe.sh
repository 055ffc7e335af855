#!/bin/sh
# Which choices of the training recipe and of the photos' labels make a difference?
#
# usage: runs/recipe.sh TRUTH TEACHER.onnx
#   TRUTH    folder with measured depth, as runs/evaluate.sh wants it; judges only
#   TEACHER  the network that runs/packs.sh labelled the photos with
#
# Wants the packs of runs/packs.sh. Ways to label photos are judged in about 3 minutes of one core:
# runs/recipe/labels.md. Then each of 12 trials trains for 150 steps from ImageNet weights, on two
# packs of worlds and two of photos, and is judged on measured depth and on rendered frames of a
# third pack of worlds; 90 seconds of one core each: runs/recipe/trials.csv, trials.md, trials.png.
# Trials that trials.csv marks as of the same recipe, packs and judges are not run again; what it
# holds of others is dropped.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
packs="$root/runs/out/packs"
teacher="$root/runs/out/teacher_labels"
results="$root/runs/recipe"
mkdir -p "$results"

"$python" -m stereopsis.studies.judge_labels --truth "$1" --teacher "$2" \
  --network "${NETWORK:-$root/src/stereopsis/runtime/weights/mono.onnx}" -o "$results/labels.md"
nice -n 5 "$python" -m stereopsis.studies.ablate \
  --worlds "$packs/worlds_1.npz" --worlds "$packs/worlds_2.npz" \
  --labels "$packs/labels_0.npz" --labels "$packs/labels_500.npz" \
  --teacher-labels "$teacher/labels_0.npz" --teacher-labels "$teacher/labels_500.npz" \
  --judges "$packs/worlds_5.npz" --truth "$1" --runs "$root/runs/out/recipe" -o "$results"
