#!/bin/sh
# Makes the embedded mono depth networks, float32 and 8-bit: trains, judges and puts them in place.
#
# usage: runs/mono.sh TRUTH [START]
#   TRUTH  folder with measured depth, as runs/evaluate.sh wants it; never trained on
#   START  a checkpoint or released mono.onnx to start from; without it the encoder starts from
#          ImageNet weights
#
# Trains on the packs in runs/out/packs (runs/packs.sh makes them) for 6,000 steps, about two hours
# of one core or 80 minutes of two; run it again to go on after an interruption. STEPS, THREADS,
# MINUTES (stop after so many, to go on later) and DEVICE (cuda) may be set. Writes runs/out/mono/:
# checkpoint.pt, the learning curve (curve.csv, curve.png) and scores; and at the end the networks
# themselves, src/stereopsis/runtime/weights/mono.onnx and mono-int8.onnx with their manifests.
#
# What the released edition scored is in mono.json; runs/mono_edition2/ has its curve and says what
# it started from and which packs it saw.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/mono"
steps="${STEPS:-6000}"
commit="$(git -C "$root" rev-parse --short HEAD)"
set -- "$1" "${2:-}" "$root"/runs/out/packs/*.npz
truth=$1 start=$2
shift 2

release() {
  folder=$1
  shift
  "$python" -m stereopsis.train.release "$out/checkpoint.pt" "$@" --output "$folder" \
    --edition 2 --commit "$commit"
}

"$python" -m stereopsis.train.mono "$@" --output "$out" --steps "$steps" \
  --threads "${THREADS:-1}" --device "${DEVICE:-cpu}" ${MINUTES:+--minutes "$MINUTES"} \
  ${start:+--start "$start"}
reached="$("$python" -c 'import pathlib, sys; from stereopsis.train.loop import saved_step
print(saved_step(pathlib.Path(sys.argv[1])) or 0)' "$out")"
if [ "$reached" -lt "$steps" ]; then
  echo "The run has not reached step $steps; run this again to go on." >&2
  exit 3
fi
release "$out" "$@"
"$python" -m stereopsis.train.evaluate --truth "$truth" --network "$out/mono.onnx" \
  --network "$out/mono-int8.onnx" --output "$out/scores"
release "$root/src/stereopsis/runtime/weights" "$@" --scores "$out/scores/scores.json"
