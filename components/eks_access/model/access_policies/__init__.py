"""What EKS access policies let a principal do in a cluster: the rules AWS publishes, evaluated. Pure.

EKS evaluates access policies in an authorizer of its own, beside RBAC: they are additive to it, do not show
in `kubectl auth can-i --list`, do not survive impersonation, and RBAC's escalation check does not count
them (aws/containers-roadmap#2682).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..kubernetes_rights.request import PolicyRule, Request, allows, is_in_scope
from ..risk import Risk


@dataclass(frozen=True)
class AssociatedPolicy:
    """An access policy associated with an access entry: everywhere (None), or in namespaces, which may be patterns."""

    policy: str
    namespaces: tuple[str, ...] | None = None


@cache
def catalogue() -> dict[str, tuple[PolicyRule, ...]]:
    """Every policy that EKS knows, with its rules; no rules where AWS publishes none."""
    table = json.loads(files(__name__).joinpath("rules.json").read_text())["policies"]
    return {name: tuple(PolicyRule.from_json(rule) for rule in rules or ()) for name, rules in table.items()}


def find_granting_policy(policies: Iterable[AssociatedPolicy], request: Request) -> str | None:
    """The name of a policy that allows this, or None."""
    return next((each.policy for each in policies if _policy_allows(each, request)), None)


def _policy_allows(associated: AssociatedPolicy, request: Request) -> bool:
    return is_in_scope(associated.namespaces, request, patterns=True) and any(
        allows(rule, request) for rule in catalogue().get(associated.policy, ())
    )


def describe_access_policy(name: str) -> Risk:
    """What an EKS access policy gives; an unknown one is severe, since its rules are not known here."""
    return _RISKS.get(name, Risk("gives rights that this version does not know; see AWS's list", True))


_RISKS = {
    "AmazonEKSClusterAdminPolicy": Risk("is administrator of the whole cluster", True),
    "AmazonEKSAdminPolicy": Risk("can change everything in namespaces, run commands in pods and read Secrets", True),
    "AmazonEKSEditPolicy": Risk("can change workloads, run commands in pods and read Secrets", True),
    "AmazonEKSAdminViewPolicy": Risk("can read everything, Secrets included", True),
    "AmazonEKSSecretReaderPolicy": Risk("can read Secrets: other systems' passwords, keys and tokens", True),
    "AmazonEKSViewPolicy": Risk(
        "can read workloads with their environment values, ConfigMaps and logs; no Secrets", False
    ),
}
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""
