#!/bin/sh
# New views against the truth: Motorcycle from one eye to the other, given true depth; and how much
# stays uncovered over the viewing cone of the sample photos.
# Takes about a minute on 2 cores. Expected: stereopsis above 24.0 dB, forward warp and fill at
# 22.80 dB. Writes runs/results/novel_view.json, from which scripts/readme.py fills the README; for
# tables at once: python scripts/novel_view.py. Add pairs with --pair DIR.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/novel_view.py --photos samples --json "$@" > runs/results/novel_view.json.new
mv runs/results/novel_view.json.new runs/results/novel_view.json
