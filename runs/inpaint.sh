#!/bin/sh
# Trains the inpainting network on worlds whose hidden layers are known, and on photos.
#
# usage: runs/inpaint.sh PHOTOS [OPTIONS of stereopsis.train.inpaint]
#   PHOTOS  folder of photographs: textures of the worlds, and pictures with holes cut into them
#
# Renders 900 frames with two hidden layers (about 15 minutes of one core), labels 500 photos with
# the embedded depth network (a minute), then trains: 1.2 s a step of one core, 10,000 steps unless
# OPTIONS say --steps; --device cuda uses a GPU. Goes on where it was stopped. Writes
# runs/out/inpaint/: packs and the run; runs/holes.sh, runs/leaks.sh and runs/hidden_views.sh judge
# it. No network is shipped yet: after 600 steps it was .02 dB better than what diffusion guesses,
# after 500 of patches drawn by how much of them is judged .01 dB; and the best blend of simple fills,
# fitted to the truth, only .07 dB. A U-Net of an eighth of the resolution, which sees a hundred
# thousand patches in the same time, gained .12 dB (tried once, without a command). All of that was
# when hidden layers were lit as if nothing stood around them; lit as they are now, the truth is .1 dB
# nearer to what diffusion guesses.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
root="$(cd "$(dirname "$0")/.." && pwd)"
out="$root/runs/out/inpaint"
mkdir -p "$out"
photos=$1
shift
[ -s "$out/photos.npz" ] ||
  "$python" -m stereopsis.train.label "$root/src/stereopsis/runtime/weights/mono.onnx" \
    "$out/photos.npz" "$photos" --count 500
for seed in 601 602 603; do
  [ -s "$out/hidden_$seed.npz" ] ||
    "$python" -m stereopsis.train.worlds "$out/hidden_$seed.npz" --frames 300 --seed "$seed" \
      --photos "$photos" --hidden-layers 2
done
"$python" -m stereopsis.train.inpaint "$out"/hidden_60[123].npz --photos "$out/photos.npz" \
  --output "$out/run" "$@"
