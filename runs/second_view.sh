#!/bin/sh
# What a second eye adds to new views: hidden pixels filled from the right picture, against
# inpainting alone. At the right eye itself for Middlebury's Motorcycle, which proves only that the
# filling works; and for 28 rendered worlds at five places that nothing was filled from.
# Takes about six minutes on 2 cores. Writes runs/results/second_view.json; for tables at once:
# python scripts/second_view.py. Add pairs with --pair DIR.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/second_view.py --json "$@" > runs/results/second_view.json.new
mv runs/results/second_view.json.new runs/results/second_view.json
