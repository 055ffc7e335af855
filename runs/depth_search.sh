#!/bin/sh
# Is a searched encoder better than the released depth network's, at its multiply-adds and at its
# milliseconds?
#
# usage: runs/depth_search.sh TRUTH PACK...
#   TRUTH  folder with measured depth, as runs/evaluate.sh wants it; never trained on
#   PACK   packs of frames, as runs/packs.sh makes them
#
# The search goes on from the released weights (src/stereopsis/runtime/weights/mono.onnx) in STEPS
# (2,000) steps; what it finds is trained for as many, and the released network for as many as both
# together trained weights. About 1.5 s a step of search and 0.6 s of training on 2 cores; DEVICE=cuda
# runs it on a GPU. Goes on where it was stopped. Writes runs/out/depth_search/: the runs, the
# networks, depth_search.json with their costs, and scores/, where stereopsis.train.evaluate compares
# both found networks with the released one by paired differences over scenes; both reports go to
# runs/results/. Milliseconds are those of one thread, which a busy machine disturbs least.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/depth_search"
truth=$1
shift
"$python" -m stereopsis.studies.depth_search "$root/src/stereopsis/runtime/weights/mono.onnx" "$@" \
  --output "$out" --threads 1 --steps "${STEPS:-2000}" --search-steps "${STEPS:-2000}" --device "${DEVICE:-cpu}"
"$python" -m stereopsis.train.evaluate --truth "$truth" --output "$out/scores" \
  --network "$out/same-macs.onnx" --network "$out/same-ms.onnx" --previous "$out/released.onnx"
cp "$out/depth_search.json" "$root/runs/results/"
cp "$out/scores/scores.json" "$root/runs/results/depth_search_scores.json"
