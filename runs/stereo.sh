#!/bin/sh
# Makes the embedded stereo networks, float32 and 8-bit: renders pairs, trains, judges and puts them
# in place.
#
# usage: runs/stereo.sh TRUTH PHOTOS [SUPERTUXKART]
#   TRUTH         folder with measured disparity, as runs/evaluate_pairs.sh wants it; never trained on
#   PHOTOS        folder of photographs (ours: 1,963 of 384 px) that worlds and cards are painted with
#   SUPERTUXKART  data folder of the game, as Debian's supertuxkart-data installs it in
#                 /usr/share/games/supertuxkart/data; without it there are no tracks among the worlds
#
# Renders FRAMES (2,100) worlds with a second eye for each of two seeds into runs/out/stereo_packs/,
# at about 2 frames/s of one core; the other half of all pairs are cards, made as they are used.
# Trains for STEPS (10,000) steps of 4 pairs from the mono network's weights, about 0.8 s a step on
# two free cores; run it again to go on after an interruption. THREADS, MINUTES (stop after so many,
# to go on later), DEVICE (cuda) and START (a checkpoint, or the released stereo.onnx) may be set. Writes
# runs/out/stereo/: checkpoint.pt, the learning curve and scores; and at the end the networks,
# src/stereopsis/runtime/weights/stereo.onnx and stereo-int8.onnx with their manifests.
#
# What the released edition scored when it was released is in stereo.json, and what it scores since
# near pairs are told apart in runs/results/stereo.json. It came about by a shorter way with some turns,
# which runs/stereo_edition1/, 2/ and 3/ tell; this is what one would do now.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/stereo" packs="$root/runs/out/stereo_packs"
weights="$root/src/stereopsis/runtime/weights"
steps="${STEPS:-10000}"
commit="$(git -C "$root" rev-parse --short HEAD)"
truth=$1 photos=$2 game="${3:-}"
mkdir -p "$packs"
for seed in 401 402; do
  [ -s "$packs/worlds_$seed.npz" ] ||
    "$python" -m stereopsis.train.worlds "$packs/worlds_$seed.npz" --frames "${FRAMES:-2100}" \
      --seed "$seed" --photos "$photos" --second-eye ${game:+--supertuxkart "$game"}
done

release() {
  folder=$1
  shift
  "$python" -m stereopsis.train.release_stereo "$out/checkpoint.pt" "$packs"/*.npz \
    --output "$folder" --photos "$photos" --commit "$commit" "$@"
}

"$python" -m stereopsis.train.stereo "$packs"/*.npz --output "$out" --photos "$photos" \
  --steps "$steps" --threads "${THREADS:-2}" --device "${DEVICE:-cpu}" \
  --start "${START:-$weights/mono.onnx}" ${MINUTES:+--minutes "$MINUTES"}
reached="$("$python" -c 'import pathlib, sys; from stereopsis.train.loop import saved_step
print(saved_step(pathlib.Path(sys.argv[1])) or 0)' "$out")"
if [ "$reached" -lt "$steps" ]; then
  echo "The run has not reached step $steps; run this again to go on." >&2
  exit 3
fi
release "$out"
"$python" -m stereopsis.train.evaluate_pairs --truth "$truth" --network "$out/stereo.onnx" \
  --network "$out/stereo-int8.onnx" --output "$out/scores"
release "$weights" --scores "$out/scores/scores.json"
