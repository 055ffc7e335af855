#!/bin/sh
# Is what is painted behind silhouettes nearer to the truth than classical fills?
#
# usage: runs/holes.sh PACK [NETWORK...]
#   PACK     a pack of worlds made with stereopsis.train.worlds --hidden-layers 2, of a seed that
#            nothing was trained on
#   NETWORK  .onnx files or checkpoints of stereopsis.train.inpaint
#
# Diffusion along links and networks against a constant, OpenCV's Telea and Navier-Stokes, PatchMatch
# and scikit-image's biharmonic fill, all shown the same surfaces. About 8 s a frame of one core.
# Writes runs/results/holes.json (PSNR of hidden pixels, parallax off, paired differences with 95 %
# intervals over frames), a bar chart and a contact sheet, runs/out/holes/.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
pack=$1
shift
for network; do set -- "$@" --network "$network"; shift; done
"${PYTHON:-python3}" -m stereopsis.studies.holes "$pack" --output runs/out/holes "$@"
cp runs/out/holes/holes.json runs/results/
