#!/bin/sh
# Prints the path of a Python 3.12 or newer (3.14 at most is tried by name), newest first. PYTHON=... names one.
is_fit() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}
try() {
    [ -n "$1" ] && command -v "$1" >/dev/null 2>&1 || return 1
    is_fit "$1" || return 1
    "$1" -c 'import os, sys; print(os.path.realpath(sys.executable))'
}
wanted=${1:-}
if [ -n "${PYTHON:-}" ] && [ -z "$wanted" ]; then
    try "$PYTHON" && exit 0
    echo "PYTHON=$PYTHON is not a Python 3.12 or newer with venv and pip" >&2
    exit 1
fi
# pyenv's shims answer for versions that are not selected: look where they lead to.
shims=$(printf '%s' "$PATH" | tr ':' '\n' | grep '/shims$' | head -n 1)
pyenv=${PYENV_ROOT:-${shims%/shims}}
for version in ${wanted:-3.13 3.14 3.12}; do
    for candidate in \
        "python$version" \
        "${pyenv:-$HOME/.pyenv}"/versions/"$version".*/bin/python \
        "$HOME"/.pyenv/versions/"$version".*/bin/python \
        /usr/local/bin/"python$version" /opt/python/"$version"*/bin/python \
        "$HOME"/.local/share/uv/python/cpython-"$version"*/bin/python; do
        try "$candidate" && exit 0
    done
done
[ -n "$wanted" ] && exit 1
for candidate in python3 python; do
    try "$candidate" && exit 0
done
echo "No Python 3.12 or newer was found. Install one (Debian: apt install python3 python3-venv; or pyenv, or uv)" >&2
echo "and say where it is: make PYTHON=/path/to/python ..." >&2
exit 1
