#!/usr/bin/env bash
# Pre-trains the three kinds of generator on a haystack, from the autoencoders of
# runs/autoencoder.sh. Run it again to go on after an interruption.
#
# usage: runs/pretrain.sh PICTOGRAMS [AUTOENCODERS [OUT]]
#   PICTOGRAMS    made by runs/haystack.sh
#   AUTOENCODERS  made by runs/autoencoder.sh, runs/out/autoencoder unless given
#   OUT           runs/out/pretrain unless given
#
# KINDS names those that are wanted, STEPS how long, MINUTES limits each sitting; SEED, DEVICE
# (cuda), BATCH and RATE may be set: KINDS=pixel STEPS=7500 runs/pretrain.sh PICTOGRAMS. With several
# GPUs, use accelerate launch -m. One core of an AMD EPYC 9004 trains on 180 latents or small pictures
# a second (bf16, batch 64), or on some 60 pictures' codes: 20,000 steps take two hours, or six. All
# three beside each other on one H200, batch 256: 2,800 pictures a second each.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
haystack=$1 autoencoders=${2:-runs/out/autoencoder} out=${3:-runs/out/pretrain}
steps=${STEPS:-20000} minutes=${MINUTES:-inf} seed=${SEED:-0} device=${DEVICE:-cpu}
batch=${BATCH:-64} rate=${RATE:-5e-4}
kinds=${KINDS:-latent pixel masked}

pretrain() { # pretrain KIND OPTIONS...
  local kind=$1
  shift
  python -m stereopsis.imagine.pretrain "$kind" "$haystack"/pool-*.parquet -o "$out/$kind-$seed" \
    --steps "$steps" --minutes "$minutes" --seed "$seed" --device "$device" \
    --batch "$batch" --rate "$rate" "$@"
}
for kind in $kinds; do
  case $kind in
    latent) pretrain latent --autoencoder "$autoencoders/8-fourier" ;;
    pixel) pretrain pixel ;;
    masked) pretrain masked --autoencoder "$autoencoders/codes-32" --side 32 ;;
    *) echo "No kind of model is called $kind: latent, pixel or masked." >&2; exit 2 ;;
  esac
done
