#!/usr/bin/env bash
# Make the environment .venv with the extras named in $1, with uv where it is on the PATH and pip otherwise.
# Whatever is missing is said in one sentence.
set -eu
extras=${1:-test}
cd "$(dirname "$0")/.."

fail() { printf '%s\n' "$1" >&2; exit 1; }

find_python() {
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    # A name on the PATH need not run: pyenv leaves stand-ins for versions that are not there.
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
}

python=$(find_python)
if [ -z "$python" ]; then
  named=${PYTHON:-python3}
  version=$("$named" -c 'import platform; print(platform.python_version())' 2>/dev/null) ||
    fail "Unrolled needs Python 3.11 or newer, and '$named' does not run here: install Python, or name one with make PYTHON=/path/to/python."
  fail "Unrolled needs Python 3.11 or newer, and '$named' is $version: install a newer one, or name it with make PYTHON=/path/to/python."
fi

if command -v uv >/dev/null 2>&1; then
  [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
  install="uv pip install --python .venv/bin/python"
else
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "Python's venv module is missing: install it (on Debian and Ubuntu: apt install python3-venv), or install uv."
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  install=".venv/bin/python -m pip install"
fi
echo "Installing the course into .venv (once; one to four minutes) ..."
$install --quiet -c constraints.txt -e ".[$extras]" ||
  fail "The packages could not be installed: read the message above, check the network, and run the same command again."
