"""The program of a stack: how it is started."""

import pytest

from tests.support.interpreter import find_imported, find_imported_modules

STARTED = "from eks_access import stack; stack.load"


def test_it_starts_without_the_sdks_that_a_deployment_does_not_call() -> None:
    assert not find_imported(STARTED) & {"boto3", "botocore", "msgspec", "rich", "ruamel", "urllib3"}
    assert "eks_access.stack.program" in find_imported_modules(STARTED), "it has started"


@pytest.mark.parametrize(("code", "expected"), [(STARTED, True), ("import eks_access.stack.schemas", False)])
def test_only_a_program_has_its_garbage_collected_rarely(code: str, expected: bool) -> None:
    collected = "import gc; from eks_access.stack import COLLECT_AFTER; assert (gc.get_threshold()[0] == COLLECT_AFTER)"
    assert find_imported(f"{code}\n{collected} is {expected}")


def test_the_large_parts_of_the_aws_sdk_are_imported_while_its_plugin_starts() -> None:
    parts = {"pulumi_aws.eks.access_entry", "pulumi_aws.iam.role"}
    loaded = f"{STARTED}; from eks_access.integrations import vendors; vendors()"
    assert not find_imported_modules(loaded) & parts, "not before the provider is registered"
    assert parts <= find_imported_modules(f"{loaded}; from eks_access.stack import program; program._import_sdk()")
