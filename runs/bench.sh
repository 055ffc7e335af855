#!/bin/sh
# Time, memory and sizes: 12 MP JPEG to .glb + .html, warm and cold, and the renderer's frame time.
# Takes about 5 minutes on 2 idle cores. Writes runs/results/bench.json, from which
# scripts/readme.py fills the README; for a table at once: python scripts/bench.py
# Add --photos DIR for other photos than samples/. With moderngl installed (pip install moderngl)
# the same frames are also drawn by OpenGL.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" scripts/bench.py --json "$@" > runs/results/bench.json.new
mv runs/results/bench.json.new runs/results/bench.json
