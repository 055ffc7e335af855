#!/usr/bin/env bash
# Pre-trains the three kinds of generator on the haystack, from the autoencoders of
# runs/autoencoder.sh. Run it again to go on after an interruption; MINUTES limits each sitting, and
# KINDS names those that are wanted.
#   runs/pretrain.sh haystack/A
#   KINDS=pixel STEPS=12000 runs/pretrain.sh haystack/A
# One core of an AMD EPYC 9004 trains on 180 latents or small pictures a second (bf16, batch 64), or
# on some 60 pictures' codes: 20,000 steps take two hours, or six. With one GPU add
# DEVICE=cuda; with several, use accelerate launch -m.
set -euo pipefail
cd "$(dirname "$0")/.."
haystack=$1 autoencoders=${2:-runs/out/autoencoder} out=${3:-runs/out/pretrain}
steps=${STEPS:-20000} minutes=${MINUTES:-inf} seed=${SEED:-0} device=${DEVICE:-cpu}
kinds=${KINDS:-latent pixel masked}

pretrain() { # pretrain KIND OPTIONS...
  local kind=$1
  shift
  python -m stereopsis.imagine.pretrain "$kind" "$haystack"/pool-*.parquet -o "$out/$kind-$seed" \
    --steps "$steps" --minutes "$minutes" --seed "$seed" --device "$device" "$@"
}
for kind in $kinds; do
  case $kind in
    latent) pretrain latent --autoencoder "$autoencoders/8-fourier" ;;
    pixel) pretrain pixel ;;
    masked) pretrain masked --autoencoder "$autoencoders/codes-32" --side 32 ;;
    *) echo "No kind of model is called $kind: latent, pixel or masked." >&2; exit 2 ;;
  esac
done
