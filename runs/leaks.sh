#!/bin/sh
# Does the colour of a front get into what is painted behind it, and how near is that to the truth?
#
# usage: runs/leaks.sh PACK [NETWORK...]
#   PACK     a pack of photos (stereopsis.train.label) or worlds that nothing was trained on
#   NETWORK  .onnx files or checkpoints of stereopsis.train.inpaint
#
# Before each picture stand a disc, a fence and leaves, once magenta and once green, with soft edges:
# what they hide is the picture itself. Diffusion and networks against a constant, Telea's and the
# Navier-Stokes fill, and against depth diffused as colours are. About 5 s a picture of one core.
# Writes runs/results/leaks.json (pixels that change by more than 8 grey levels with the colour in
# front, PSNR, parallax off, that of planes which go on, paired differences with 95 % intervals over
# pictures) and a contact sheet, runs/out/leaks/leaks.png.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
pack=$1
shift
for network; do set -- "$@" --network "$network"; shift; done
"${PYTHON:-python3}" -m stereopsis.studies.leaks "$pack" --output runs/out/leaks "$@"
cp runs/out/leaks/leaks.json runs/results/
