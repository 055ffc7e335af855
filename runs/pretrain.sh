#!/usr/bin/env bash
# Pre-trains the three kinds of generator on the haystack, from the autoencoders of
# runs/autoencoder.sh. Run it again to go on after an interruption; MINUTES limits each sitting.
#   runs/pretrain.sh haystack/A
# One core of an AMD EPYC 9004 trains on 110 latents, 64 px, a second (bf16, batch 64): 20,000 steps
# take about 3.5 hours. With one GPU add DEVICE=cuda; with several, use accelerate launch -m.
set -euo pipefail
cd "$(dirname "$0")/.."
haystack=$1 autoencoders=${2:-runs/out/autoencoder} out=${3:-runs/out/pretrain}
steps=${STEPS:-20000} minutes=${MINUTES:-inf} seed=${SEED:-0} device=${DEVICE:-cpu}

pretrain() { # pretrain KIND OPTIONS...
  local kind=$1
  shift
  python -m stereopsis.imagine.pretrain "$kind" "$haystack"/pool-*.parquet -o "$out/$kind-$seed" \
    --steps "$steps" --minutes "$minutes" --seed "$seed" --device "$device" "$@"
}
pretrain latent --autoencoder "$autoencoders/8"
pretrain pixel
pretrain masked --autoencoder "$autoencoders/codes"
