"""What every command imports is compiled at set-up: where PYTHONDONTWRITEBYTECODE is set, no run would compile it."""

import os
import subprocess
import sys

import pytest

# Prints the modules of installed packages that have no compiled form.
SCRIPT = """
import importlib, importlib.util, sys, types
from pathlib import Path
for name in sys.argv[1:]:
    importlib.import_module(name)
for name, module in sorted(sys.modules.items()):
    if type(module) is not types.ModuleType:
        continue  # a service that the SDK loads when it is used
    file = getattr(module, "__file__", None) or ""
    if file.endswith(".py") and "site-packages" in file:
        if not Path(importlib.util.cache_from_source(file)).exists():
            print(name)
"""


def uncompiled(*modules: str) -> list[str]:
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *modules], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    "modules",
    [
        ("pulumi", "pulumi.provider.experimental", "pulumi_policy"),
        ("pulumi_aws.eks.access_entry", "pulumi_aws.iam.role"),
        ("pulumi_kubernetes.core.v1", "pulumi_kubernetes.apps.v1", "pulumi_kubernetes.rbac.v1"),
        ("eks_access_cli.main", "boto3", "pydantic", "ministack.app"),
        ("pytest",),
    ],
)
def test_nothing_that_is_imported_is_compiled_anew_by_every_run(modules: tuple[str, ...]) -> None:
    assert uncompiled(*modules) == []


def test_a_service_of_aws_that_no_program_uses_is_not_compiled() -> None:
    assert "pulumi_aws.s3.bucket" in uncompiled("pulumi_aws.s3.bucket"), "the twin: what is not compiled is found"
