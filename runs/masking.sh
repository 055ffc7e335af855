#!/bin/sh
# What a step of a search takes in time and memory as options are added: by masks (FBNetV2) and by a
# branch for each option.
#
# usage: runs/masking.sh
#
# Takes about a minute of one core. Writes runs/results/masking.json and two plots.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
"${PYTHON:-python3}" -m stereopsis.studies.masking --output "$root/runs/results"
