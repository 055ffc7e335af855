# Sourced by the scripts beside it: the system's packages, a Python, and a virtual environment.
# On Debian and Ubuntu, missing system packages are installed (as root, or through sudo).

say() { printf '\n== %s\n' "$*" >&2; }

apt_install() {
  local sudo=''
  command -v apt-get >/dev/null || { echo "Please install: $*" >&2; return 1; }
  [ "$(id -u)" = 0 ] || sudo='sudo'
  say "installing $*"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
    >/dev/null
}

# Prints a Python of version 3.11 or later that can make virtual environments.
find_python() {
  local candidate
  for candidate in python3 python3.11 python3.12 python3.13; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
      2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# make_venv FOLDER: a virtual environment there, unless there is one already.
make_venv() {
  local python
  [ -x "$1/bin/python" ] && return
  find_python >/dev/null || apt_install python3 python3-venv
  python=$(find_python) || { echo 'Python 3.11 or later is needed.' >&2; return 1; }
  "$python" -m venv "$1"
}

# install_into FOLDER ARGUMENTS...: pip install with the tested versions, unless done already.
install_into() {
  local folder=$1 stamp
  shift
  stamp="$(cat pyproject.toml constraints.txt | sha256sum) $*"
  # Extras come last, so where -e .[dev] is installed, -e . is too.
  [[ "$(cat "$folder/installed" 2>/dev/null)" == "$stamp"* ]] && return
  say "installing $* into $folder (takes minutes the first time)"
  "$folder/bin/python" -m pip install -qq --disable-pip-version-check -c constraints.txt "$@"
  echo "$stamp" >"$folder/installed"
}
