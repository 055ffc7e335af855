#!/bin/sh
# Trains the inpainting network on worlds whose hidden layers are known, and on photos.
#
# usage: runs/inpaint.sh PHOTOS [OPTIONS of stereopsis.train.inpaint]
#   PHOTOS  folder of photographs: textures of the worlds, and pictures with holes cut into them
#
# Labels 800 photos with the embedded depth network (80 s), renders FILES (14 unless set) times 40
# worlds with two hidden layers and cuts some 45 patches from each (a minute of one core and 400 MB of
# disk a file; JOBS files at a time), then trains: 1.2 s a step of 24 patches of one core, 10,000 steps
# unless OPTIONS say --steps; --device cuda uses a GPU. Goes on where it was stopped. Writes
# runs/out/inpaint/: patches and the run; runs/holes.sh, runs/leaks.sh and runs/hidden_views.sh judge
# it. No network is shipped yet: docs/hidden.md tells what was tried.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/inpaint"
mkdir -p "$out"
photos=$1
shift
[ -s "$out/photos.npz" ] ||
  "$python" -m stereopsis.train.label "$root/src/stereopsis/runtime/weights/mono.onnx" \
    "$out/photos.npz" "$photos" --count 800
last=$((7000 + 2 * ${FILES:-14}))
seq 7001 2 "$last" | xargs -P "${JOBS:-1}" -I SEED sh -c '[ -s "$3/holes_SEED.npy" ] ||
  "$1" -m stereopsis.train.cut_holes "$3/holes_SEED.npy" --textures "$2" \
    --photos "$3/photos.npz" --frames 40 --seed SEED' cut "$python" "$photos" "$out"
set -- "$@" --output "$out/run"
for seed in $(seq 7001 2 "$last"); do set -- "$out/holes_$seed.npy" "$@"; done
"$python" -m stereopsis.train.inpaint "$@"
