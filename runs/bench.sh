#!/bin/sh
# Time, memory and sizes: 12 MP JPEG to .glb + .html, warm and cold, and the renderer's frame time.
# Takes about 3 minutes on 2 idle cores, one of them for the first run ever, which compiles.
# Prints a Markdown table; add --json for all numbers, --photos DIR for other photos than samples/.
# With moderngl installed (pip install moderngl) the same frames are also drawn by OpenGL.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python3}" scripts/bench.py "$@"
