# Makes $VENV what requirements/dev.txt says, with the checkout itself installed in place.
# Interrupted, it can be run again: what is there already stays, and pip has what it fetched.
# $BESIDE is a Python module, with arguments, that needs no more than `packaging` and is run meanwhile.
set -eu
. requirements/python.sh

if ! "$VENV/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    find_python
    echo "making $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV"
fi
echo "installing requirements/dev.txt into $VENV"
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check "$@"; }
what_to_do() {
    fail "pip could not install what $1 names (its message is above)" \
        "Check the network, the room on the disk, and pip's own settings (pip config list); then run this again."
}
if [ -n "${BESIDE:-}" ]; then
    packaging=$(mktemp)
    sed -n '/^packaging==/,/^    #/p' requirements/dev.txt > "$packaging"
    pip install --quiet --no-deps --require-hashes -r "$packaging" || what_to_do requirements/dev.txt
    rm "$packaging"
    # shellcheck disable=SC2086 # a module and its arguments
    "$VENV/bin/python" -m $BESIDE &
    beside=$!
    trap 'kill "$beside" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
fi
pip install --quiet --no-compile --require-hashes -r requirements/dev.txt || what_to_do requirements/dev.txt
pip install --quiet --no-deps --no-build-isolation --editable . || what_to_do pyproject.toml
# Compiled now, since no run does it where PYTHONDONTWRITEBYTECODE is set, as in many images. Not all of it: the SDK for AWS
# has 3,000 modules, of which programs import those of two services.
packages=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
unused='pulumi_aws/(?!(eks|iam)/)[^/]+|pip|setuptools|pkg_resources|mypy|mypyc|debugpy'
"$VENV/bin/python" -m compileall -qq -j 0 -x "/site-packages/($unused)/" "$packages" || true # some are templates, or for other Pythons
if [ -n "${BESIDE:-}" ]; then
    wait "$beside"
fi
