#!/bin/sh
# Answers a question about quality-tuning on pictograms: does picking matter (picking), how many
# pictures does it take (count), what does the early stop avert (overtraining), what does the offset
# of the noise do (offset), what do clean captions do (captions), does a model of another kind gain as
# much (pixel, masked)?
#
# usage: runs/study.sh QUESTION PICTOGRAMS JUDGES MODEL [OPTIONS of stereopsis.imagine.study]
#   PICTOGRAMS  made by runs/haystack.sh
#   JUDGES      made by runs/judges.sh
#   MODEL       a pre-trained generator, as of runs/pretrain.sh
#
# Each treatment is tuned three times, and every registered prompt of a held-out concept is drawn with
# six seeds (runs/registered/). Goes on where it was stopped; --minutes limits each tuning, and
# --device cuda uses a GPU. Writes runs/out/study/QUESTION/: report.md and report.json with win rates,
# intervals, faithfulness, diversity, memorised shares and attacks on the judge; arms.png, claims.png;
# the curve of each tuning, and its generator. The report goes to runs/results/, too.
set -eu
[ $# -ge 4 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
question=$1 pictograms=$2 judges=$3 model=$4
shift 4
# The pool's rows of concepts that judges know or the report asks for are not tuned on.
set -- --without split=select --without split=held-out "$@"
for pool in "$pictograms"/pool-*.parquet; do set -- "$@" --pool "$pool"; done
"${PYTHON:-python3}" -m stereopsis.imagine.study "$question" "$model" -o "runs/out/study/$question" \
  --picked "$pictograms/picked.parquet" --select "$judges/selection.npz" \
  --report "$judges/reporting.npz" --matcher "$judges/matcher.npz" \
  --watched runs/registered/pictograms-watched.json \
  --registered "runs/registered/pictograms-$question.json" "$@"
cp "runs/out/study/$question/report.json" "runs/results/study_$question.json"
[ "$question" != overtraining ] || {  # the first tuning on its way
  over=runs/out/study/overtraining/tunings/over-0
  cp "$over/measured.csv" runs/results/study_over_measured.csv
  cp "$over/training/curve.csv" runs/results/study_over_loss.csv
}
