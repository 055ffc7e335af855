#!/bin/sh
# Soft edges against hard ones: new views of 19 stereo pairs of Middlebury 2001 to 2014 and of Aria
# Digital Twin, lifted with true depth and with guessed depth. Takes about four minutes on 2 cores.
# Expected: PSNR of the whole view +0.12 dB with true depth, +0.35 dB around silhouettes; with
# guessed depth next to nothing, +0.004 and +0.007 dB, but no loss. Name the pairs' folders:
# runs/soft_edges.sh --pair DIR --pair DIR ... Writes runs/results/soft_edges.json; for tables at
# once: python scripts/soft_edges.py --pair DIR ...
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/soft_edges.py --json "$@" > runs/results/soft_edges.json.new
mv runs/results/soft_edges.json.new runs/results/soft_edges.json
