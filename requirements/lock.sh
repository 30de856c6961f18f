# Renews requirements/dev.txt and requirements/benchmarks.txt. Pins stay where they are unless an input asks for another; to raise one,
# delete its lines first. No index or host is written into the lock.
set -eu
. requirements/python.sh

find_python
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"$python" -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools
compile() {
    output=$1
    shift
    CUSTOM_COMPILE_COMMAND="make lock" "$tools/bin/pip-compile" --quiet --generate-hashes --strip-extras \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file "$output" "$@"
}
compile requirements/dev.txt pyproject.toml requirements/dev.in
compile requirements/benchmarks.txt requirements/benchmarks.in
