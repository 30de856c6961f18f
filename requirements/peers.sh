# Makes $VENV what requirements/benchmarks.txt says: the clients that benchmarks compare with, and nothing else.
set -eu
. requirements/python.sh

find_python
echo "making $VENV with $("$python" --version)"
rm -rf "$VENV" "$VENV.part"
"$python" -m venv "$VENV.part"
"$VENV.part/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/benchmarks.txt
mv "$VENV.part" "$VENV"
