#!/bin/sh
# What stands where the left eye saw nothing, seen from the right eye: diffusion and networks
# against a constant, the background's own pixels, Telea, Navier-Stokes, PatchMatch and biharmonic.
#
# usage: runs/hidden_views.sh TRUTH [NETWORK...]
#   TRUTH    folder with stereo/<set>/<name>/{left.png,right.png,disp.npz}, never trained on
#   NETWORK  .onnx files or checkpoints of stereopsis.train.inpaint
#
# About 20 s a pair of one core. Expected: hidden pixels at 20.6 dB, the best classical fill (the
# background's own pixels) at 18.9. Writes runs/results/hidden_views.json (PSNR, SSIM and feature distance of
# hidden pixels, PSNR and SSIM of whole views, paired differences with 95 % intervals over scenes)
# and a contact sheet, runs/out/hidden_views/hidden_views.png.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
truth=$1
shift
for network; do set -- "$@" --network "$network"; shift; done
"${PYTHON:-python3}" scripts/hidden_views.py --truth "$truth" --output runs/out/hidden_views "$@"
cp runs/out/hidden_views/hidden_views.json runs/results/
