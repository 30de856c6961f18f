"""A fresh Python interpreter with this checkout's packages, to see what code imports."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from tests.support.checkout import CHECKOUT

ROOTS = ("components", "probe", "policies", "cli")


def find_imported(code: str, environ: Mapping[str, str] | None = None) -> set[str]:
    """The top-level names of the modules that are imported once the code has run."""
    return {name.split(".")[0] for name in find_imported_modules(code, environ)}


def find_imported_modules(code: str, environ: Mapping[str, str] | None = None) -> set[str]:
    """The full names of the modules that are imported once the code has run."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    paths = os.pathsep.join(str(CHECKOUT / root) for root in ROOTS)
    environment = {**os.environ, **(environ or {}), "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))
