#!/bin/sh
# Is a recipe found together with an architecture, by short trainings, better than ours for the depth
# network?
#
# usage: runs/depth_recipe.sh PACK... [OPTIONS of stereopsis.studies.depth_recipe]
#   PACK  packs of frames, as runs/packs.sh makes them
#
# JointNAS within 300 M multiply-adds by 24 trainings of 120 steps; what is found is trained for 300
# steps from three seeds by its own recipe and by ours. About 45 minutes of one core; goes on where
# it was stopped. With --trials 16 --trial-steps 80 --steps 200 (20 minutes) the found recipe's error was
# .827, ours .838, which three seeds cannot tell apart. Writes runs/results/depth_recipe.json and .png.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" -m stereopsis.studies.depth_recipe "$@" -o runs/results \
  --runs runs/out/depth_recipe
