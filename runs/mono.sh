#!/usr/bin/env bash
# The embedded mono depth network: trains it on packs, judges it, and puts it in its place.
#
#   runs/mono.sh RUN TRUTH PACK...
#
#   RUN    folder of the run; run the script again to go on after an interruption
#   TRUTH  folder with measured depth (docs of stereopsis.train.evaluate)
#   PACK   packs of stereopsis.train.label and stereopsis.train.worlds
#
# START, if set, is the checkpoint of an earlier run to start from; else the encoder starts from
# ImageNet weights. THREADS is 1 by default.
set -euo pipefail
cd "$(dirname "$0")/.."
run=$1 truth=$2
shift 2
commit=$(git rev-parse --short HEAD)

python -m stereopsis.train.mono "$@" -o "$run" --threads "${THREADS:-1}" \
  --steps "${STEPS:-5000}" ${START:+--start "$START"}
python -m stereopsis.train.release "$run/checkpoint.pt" "$@" -o "$run" --edition 1 --commit "$commit"
python -m stereopsis.train.evaluate --truth "$truth" --network "$run/mono.onnx" -o "$run/scores"
python -m stereopsis.train.release "$run/checkpoint.pt" "$@" -o src/stereopsis/runtime/weights \
  --edition 1 --commit "$commit" --scores "$run/scores/scores.json"
