# Sourced: finds a Python that can make environments, in $python, or says what to do.

fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

find_python() {
    seen=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        version=$("$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
        seen="$seen $candidate is $version;"
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
        seen="$seen it lacks venv or ensurepip;"
    done
    fail "Python 3.11 or newer, with venv, is needed:${seen:- ${PYTHON:-python3} is not there}" \
        "Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13." \
        "One that is elsewhere can be named: make PYTHON=/path/to/python3.12 ..."
}
