# Makes $VENV what requirements/dev.txt says, with the checkout itself installed in place.
# Interrupted, it can be run again: what is there already stays, and pip has what it fetched.
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
# Not compiled: the providers' SDKs have thousands of modules, of which a program imports a few, which compiles those.
pip install --quiet --no-compile --require-hashes -r requirements/dev.txt || what_to_do requirements/dev.txt
pip install --quiet --no-deps --no-build-isolation --editable . || what_to_do pyproject.toml
