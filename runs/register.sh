#!/bin/sh
# Which prompts and seeds answer the questions about quality-tuning on pictograms, and what is
# claimed? Run once, before the first result, and commit what it writes.
#
# usage: runs/register.sh PICTOGRAMS JUDGES
#   PICTOGRAMS  made by runs/haystack.sh
#   JUDGES      made by runs/judges.sh
#
# Prompts of reports are concepts that no tuning picture shows and no reporting judge was fitted on;
# those watched while tuning are others. Symbols (keycaps, arrows) are in neither. Writes
# runs/registered/.
set -eu
[ $# -eq 2 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
pictograms=$1 judges=$2
judge="${PYTHON:-python3} -m stereopsis.imagine.judge"
lists=$(mktemp -d)
trap 'rm -r "$lists"' EXIT

$judge prompts "$pictograms/reference.parquet" -o "$lists/held-out.txt" \
  --unseen-by "$judges/reporting.npz" --without group=symbols --count 120
$judge prompts "$pictograms/selection.parquet" -o "$lists/watched.txt" \
  --without group=symbols --count 60

register() { # register QUESTION CLAIM...
  question=$1
  shift
  for claim in "$@"; do
    set -- "$@" --claim "$claim"
    shift
  done
  $judge register "$lists/held-out.txt" -o "runs/registered/pictograms-$question.json" \
    --title "Pictograms: $question" --seeds 6 "$@"
}
register picking "picked>pre-trained:0.85:0.75" "picked>random:0.7:0.5" "picked>more:0.7:0.5" \
  "picked>top:0.5:0.5"
register count "picked-10>pre-trained:0.5:0.5" "picked-30>pre-trained:0.5:0.5" \
  "picked-100>pre-trained:0.5:0.5" "picked-300>pre-trained:0.5:0.5" "picked-300>picked-100:0.5:0.5"
register overtraining "picked>pre-trained:0.85:0.75" "over>picked:0.5:0.5"
register offset "offset-0.1>offset-0:0.5:0.5" "offset-0.1>offset-0.02:0.5:0.5"
register captions "picked>corrupted:0.5:0.5"
register pixel "picked>pre-trained:0.75:0.5"
register masked "picked>pre-trained:0.75:0.5"
$judge register "$lists/watched.txt" -o runs/registered/pictograms-watched.json \
  --title "Pictograms, watched while tuning" --seeds 2
