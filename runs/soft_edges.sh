#!/bin/sh
# Soft edges against hard ones: new views of 19 stereo pairs of Middlebury 2001 to 2014 and of Aria
# Digital Twin, lifted with true depth and with guessed depth. Takes about four minutes on 2 cores.
# Expected: PSNR of the whole view +0.12 dB with true depth, +0.35 dB around silhouettes; with
# guessed depth next to nothing, +0.004 and +0.007 dB. At rest, where hard edges give the photo back
# at 43 dB on average, soft ones lose 1.7 dB with true depth and 0.8 with guessed. (A pair of Aria,
# off its rows, is among the 19: it changes these figures by less than 0.02 dB.) Name the folders:
# runs/soft_edges.sh --pair DIR --pair DIR ... Writes runs/results/soft_edges.json; for tables at
# once: python scripts/soft_edges.py --pair DIR ...
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/soft_edges.py --json "$@" > runs/results/soft_edges.json.new
mv runs/results/soft_edges.json.new runs/results/soft_edges.json
