#!/bin/sh
# Makes the embedded mono depth network: trains it, judges it, and puts it in its place.
#
# usage: runs/mono.sh TRUTH [START]
#   TRUTH  folder with measured depth, as runs/evaluate.sh wants it; never trained on
#   START  a checkpoint or released mono.onnx to start from; without it the encoder starts from
#          ImageNet weights
#
# Trains on the packs in runs/out/packs (runs/packs.sh makes them) for 90 minutes of one core; run it
# again to go on after an interruption. STEPS and THREADS may be set. Writes runs/out/mono/:
# checkpoint.pt, the learning curve (curve.csv, curve.png) and scores; and at the end the network
# itself, src/stereopsis/runtime/weights/mono.onnx and mono.json.
#
# Expect abs_rel .205, ordinal 82.7 %, row_ordinal 68.8 %, shape_correlation .600, as in mono.json.
# Those weights had a START of 68,000 pictures of the same kinds, and five of the packs of rendered
# worlds joined while the run was under way.
set -eu
[ $# -ge 1 ] || { sed -n '2,16p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/mono"
commit="$(git -C "$root" rev-parse --short HEAD)"
set -- "$1" "${2:-}" "$root"/runs/out/packs/*.npz
truth=$1 start=$2
shift 2

release() {
  folder=$1
  shift
  "$python" -m stereopsis.train.release "$out/checkpoint.pt" "$@" --output "$folder" \
    --edition 1 --commit "$commit"
}

"$python" -m stereopsis.train.mono "$@" --output "$out" --steps "${STEPS:-5400}" \
  --threads "${THREADS:-1}" ${start:+--start "$start"}
release "$out" "$@"
"$python" -m stereopsis.train.evaluate --truth "$truth" --network "$out/mono.onnx" \
  --output "$out/scores"
release "$root/src/stereopsis/runtime/weights" "$@" --scores "$out/scores/scores.json"
