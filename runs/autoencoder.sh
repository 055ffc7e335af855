#!/usr/bin/env bash
# Trains autoencoders of 4, 8 and 16 latent channels, of 8 and 16 with the Fourier input, and one with
# a codebook of 1024, and compares them with trivial rivals on held-out pictures; those whose file is in
# the pool, too, are left out of the table. A last one, for the masked model, gives pictures of 32 px
# as many codes as the others have places.
# Arguments: the folder of the haystack's shards, and the shards of held-out pictures.
#   runs/autoencoder.sh haystack/A haystack/A/selection.parquet
# Writes the table to runs/results/autoencoder.md, too.
# About an hour each on one core of an AMD EPYC 9004 for the default 10,000 steps of 8 pictures.
set -euo pipefail
cd "$(dirname "$0")/.."
haystack=$1 held_out=$2 out=${3:-runs/out/autoencoder} steps=${STEPS:-10000}

train() { # train NAME OPTIONS...
  local name=$1
  shift
  python -m stereopsis.imagine.autoencoder "$haystack"/pool-*.parquet -o "$out/$name" \
    --held-out "$held_out" --steps "$steps" --batch 8 "$@"
}
train 4 --channels 4 --frequencies 0
train 8 --channels 8 --frequencies 0
train 8-fourier --channels 8 --frequencies 4
train 16 --channels 16 --frequencies 0
train 16-fourier --channels 16 --frequencies 4
train codes --channels 8 --codes 1024
learned=()
for shard in "$haystack"/pool-*.parquet; do learned+=(--learned-from "$shard"); done
python -m stereopsis.imagine.reconstruction "$held_out" -o "$out/table.md" \
  "4 channels=$out/4" "8 channels=$out/8" "8 channels, Fourier=$out/8-fourier" "16 channels=$out/16" \
  "16 channels, Fourier=$out/16-fourier" "1024 codes=$out/codes" "${learned[@]}"
cat "$out/table.md"
cp "$out/table.md" runs/results/autoencoder.md
train codes-32 --channels 8 --codes 1024 --side 32 --levels 3
