#!/bin/sh
# New views against the truth: Motorcycle from one eye to the other, given true depth.
# Takes about 10 s on 2 cores. Expected: stereopsis above 24.0 dB, forward warp and fill at 22.80 dB.
# Add folders of photos or pairs: runs/novel_view.sh --photos DIR --pair DIR
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python3}" scripts/novel_view.py "$@"
