#!/bin/sh
# Is one search for depth, classes and labels as good as one search for each at the same cost in
# all, and is a step of it as cheap as one for a single task?
#
# usage: runs/fbnetv5.sh PHOTOS
#   PHOTOS  folder of photographs to paint the rendered worlds with
#
# Renders 1,950 frames (about 9 minutes of one core) and makes proxy sets of them: one of the usual
# size, on which steps are timed, and one of smaller frames for three rounds of searches and
# trainings of what was found, and for trials of the depth topologies as trunk of the depth network
# (about an hour of one core in all). Started again, it goes on where it was stopped. Writes
# runs/results/fbnetv5.json, fbnetv5_time.json, fbnetv5_transfer.json and pictures; docs/fbnetv5.md
# says what they mean. runs/out/fbnetv5/proxy.png shows some of the frames.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/fbnetv5"
results="$root/runs/results"
export OMP_NUM_THREADS=1
mkdir -p "$out"
for seed in 511 512 513; do
  [ -s "$out/worlds_$seed.npz" ] ||
    "$python" -m stereopsis.train.worlds "$out/worlds_$seed.npz" --frames 650 --seed "$seed" \
      --photos "$1" --semantic --megabytes 200
done
[ -s "$out/usual.npz" ] ||
  "$python" -m stereopsis.search.make_proxy "$out/usual.npz" "$out/worlds_511.npz"
"$python" -m stereopsis.studies.search_time "$out/usual.npz" -o "$results"
[ -s "$out/proxy.npz" ] ||
  "$python" -m stereopsis.search.make_proxy "$out/proxy.npz" "$out/worlds_511.npz" \
    "$out/worlds_512.npz" "$out/worlds_513.npz" --height 64 --width 96
"$python" -m stereopsis.studies.multitask "$out/proxy.npz" -o "$results" --runs "$out/runs"
"$python" -m stereopsis.studies.transfer "$out/proxy.npz" "$results/fbnetv5.json" \
  -o "$results" --runs "$out/runs"
