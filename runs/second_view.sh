#!/bin/sh
# What a second eye adds to new views: hidden pixels filled from the right picture, against
# inpainting alone. At the right eye itself for real pairs, from which they were filled: that proves
# only that the filling works. And for 28 rendered worlds at five places that nothing was filled
# from. Takes about six minutes on 2 cores. Expected half-way between the eyes, where the left eye
# saw nothing: 22.2 dB by inpainting alone, 27.1 dB with the second eye. Writes
# runs/results/second_view.json, which holds pairs of Middlebury 2003 and 2005 too, added with
# --pair DIR; for tables at once: python scripts/second_view.py.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/second_view.py --json "$@" > runs/results/second_view.json.new
mv runs/results/second_view.json.new runs/results/second_view.json
