#!/bin/sh
# How soon do searches under a hard limit find the best network of a table? JointNAS, regularised
# evolution, Optuna's TPE and Gaussian process, chance; and architecture with recipe against one
# after the other.
#
# usage: runs/regret.sh DATA
#   DATA  folder with accel-nasbench_imagenet_mnasnet.csv, nasbench201_tabular.npz,
#         nas-bench-macro_cifar10.json, hpolib_naval_propulsion.npz, hpolib_protein_structure.npz
#
# Takes about half an hour of one core, most of it Optuna's. Started again, it goes on where it was
# stopped. Writes runs/results/regret_*.json, joint.json and plots; docs/search_tables.md says what
# they mean.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
python="${PYTHON:-python3}"
results="$(cd "$(dirname "$0")/.." && pwd)/runs/results"
export OMP_NUM_THREADS=1
"$python" -m stereopsis.studies.regret "$1" -o "$results" --table accel
"$python" -m stereopsis.studies.regret "$1" -o "$results" --table nasbench201
"$python" -m stereopsis.studies.regret "$1" -o "$results" --table macro --evaluations 96
"$python" -m stereopsis.studies.joint "$1/hpolib_naval_propulsion.npz" \
  "$1/hpolib_protein_structure.npz" -o "$results"
