"""Explains an integration to a reviewer: its rights, the reason for each, and what they make possible."""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..manifest.models import AwsExpectation, Grant, IntegrationAccess, KubernetesExpectation
from ..model import aws_actions, existing_role, iam
from ..model.identity import EntryMethod
from ..model.kubernetes_rights import PolicyRule, describe_aws_auth, describe_right, reaches_system, writes_aws_auth
from ..model.kubernetes_rights.grading import CONFINED_RISK, find_confined_approvals
from ..model.risk import Risk
from .difference import (
    Difference,
    as_list,
    compare_rights,
    describe_managed_policy,
    find_api_groups,
    format_namespaces,
    format_resources,
    policy_name,
    policy_risk,
)
from .trust import describe_trust


@dataclass(frozen=True)
class Right:
    """One statement, rule or access policy: what it allows, its scope, its reason, and its risks."""

    what: str
    where: str
    why: str
    risks: tuple[Risk, ...]


@dataclass(frozen=True)
class Explanation:
    """One integration in sentences for a reviewer."""

    name: str
    title: str
    profile: str
    sources: tuple[str, ...]
    trust: tuple[str, ...]
    """Who may assume the role, and which requests are refused."""
    owner: tuple[str, ...]
    """What the owner of an existing role must configure; empty if the stack creates the role."""
    aws: tuple[Right, ...]
    identity: tuple[str, ...]
    kubernetes: tuple[Right, ...]
    refused: tuple[str, ...]
    """Calls that must be denied, by their reason."""
    residual_risks: tuple[str, ...]
    difference: Difference | None
    """The rights that profile `vendor` adds to `least`; None if the integration has only one of them."""
    other_trust: tuple[str, ...]
    """Who may assume the role in the profile that was not chosen, if it differs."""


def to_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation for programs. Its keys are public: a risk has `words`, and `grave` where it is severe."""

    def as_dict(items: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(items)
        return {"words": names["sentence"], "grave": names["is_severe"]} if "is_severe" in names else names

    return {"schemaVersion": 1, **dataclasses.asdict(explanation, dict_factory=as_dict)}


def explain_integration(name: str, access: IntegrationAccess) -> Explanation:
    return Explanation(
        name=name,
        title=access.title,
        profile=access.profile.value,
        sources=tuple(access.sources),
        trust=tuple(describe_trust(access.trust)),
        owner=_instructions_for_owner(access),
        aws=(*_statements(access), *_managed_policies(access)),
        identity=tuple(_identity(access)),
        kubernetes=(*_access_policies(access), *_rules(access.grants, access.identity.username)),
        refused=tuple(_denied_calls(access)),
        residual_risks=tuple(access.residual_risks),
        difference=_difference(access),
        other_trust=_other_trust(access),
    )


def _instructions_for_owner(access: IntegrationAccess) -> tuple[str, ...]:
    role = access.role
    if role.trust_policy is None:
        return ()
    managed = [policy.arn for policy in access.managed_policies]
    document = iam.build_document(access.statements)
    return existing_role.instructions_for_owner(role.arn, role.trust_policy, document, managed)


def _statements(access: IntegrationAccess) -> Iterator[Right]:
    reasons = [*access.statement_reasons, *[""] * len(access.statements)]
    for statement, why in zip(access.statements, reasons, strict=False):
        actions = as_list(statement["Action"])
        denies = statement["Effect"] == "Deny"
        yield Right(
            what=("never " if denies else "") + ", ".join(actions),
            where=format_resources(as_list(statement["Resource"]))
            + (" under conditions" if statement.get("Condition") else ""),
            why=why,
            risks=() if denies else _unique_risks(aws_actions.describe_action(action) for action in actions),
        )


def _managed_policies(access: IntegrationAccess) -> Iterator[Right]:
    for policy in access.managed_policies:
        name = policy.arn.partition(":policy/")[2]
        yield Right(f"AWS's policy {name}", "on what AWS names in it", policy.why, (describe_managed_policy(name),))


def _identity(access: IntegrationAccess) -> Iterator[str]:
    groups = ", ".join(access.identity.groups) or "no group"
    for key, cluster in access.clusters.items():
        identity = f"user {access.identity.username_by(cluster.method)} in {groups}"
        yield f"{key}: {cluster.name} in {cluster.region}, by {_METHODS[cluster.method]}, as {identity}"


_METHODS = {
    EntryMethod.ACCESS_ENTRY: "an access entry",
    EntryMethod.AWS_AUTH: "a mapping in aws-auth",
    EntryMethod.EKS_CONNECTOR: "EKS Connector",
}


def _access_policies(access: IntegrationAccess) -> Iterator[Right]:
    for policy in access.identity.access_policies:
        yield Right(
            policy_name(policy),
            format_namespaces(policy.namespaces or None),
            "an EKS access policy",
            (policy_risk(policy),),
        )


def _rules(grants: list[Grant], own: str) -> Iterator[Right]:
    for grant in grants:
        reasons = [*grant.reasons, *[""] * len(grant.rules)]
        confined = find_confined_approvals(map(PolicyRule.from_json, grant.rules))
        for rule, why in zip(grant.rules, reasons, strict=False):
            groups = [group for group in rule.get("apiGroups", []) if group]
            kinds = ", ".join((*rule.get("resources", ()), *rule.get("nonResourceURLs", ())))
            named = f" named {', '.join(rule['resourceNames'])}" if rule.get("resourceNames") else ""
            of_group = f" ({', '.join(groups)})" if groups else ""
            yield Right(
                what=f"{', '.join(rule['verbs'])} {kinds}{of_group}{named}",
                where=format_namespaces(grant.namespaces) + _subject(grant, own),
                why=why,
                risks=_unique_risks(_describe_rule(rule, grant.namespaces, confined)),
            )


def _describe_rule(rule: Mapping[str, Any], namespaces: list[str] | None, confined: Collection[str]) -> Iterator[Risk]:
    for resource in rule.get("resources", []):
        if resource in confined:
            yield CONFINED_RISK
            continue
        for group in find_api_groups(rule, resource):
            for verb in rule["verbs"]:
                names = rule.get("resourceNames", ())
                yield describe_right(resource, verb, group=group, named=bool(names), names=names, namespaces=namespaces)
    if reaches_system(namespaces) and writes_aws_auth(PolicyRule.from_json(rule)):
        yield describe_aws_auth(rule["verbs"])


def _subject(grant: Grant, own: str) -> str:
    """The subject of a grant, if it is not the integration itself, whose username in the cluster is `own`."""
    if grant.kind == "User":
        return f", for user {grant.group}"
    account = f"system:serviceaccount:{grant.group.replace('/', ':')}"
    return f", for service account {grant.group}" if grant.kind == "ServiceAccount" and account != own else ""


def _unique_risks(all_risks: Iterable[Risk]) -> tuple[Risk, ...]:
    """The risks without duplicates, severe ones first."""
    return tuple(sorted(dict.fromkeys(all_risks), key=lambda risk: not risk.is_severe))


def _denied_calls(access: IntegrationAccess) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    expectations: list[AwsExpectation | KubernetesExpectation] = [*access.aws, *access.kubernetes]
    for expectation in expectations:
        if not expectation.allowed:
            by_reason.setdefault(expectation.why, []).append(_format_call(expectation))
    for why, calls in by_reason.items():
        yield f"{', '.join(dict.fromkeys(calls))}: {why}"


def _format_call(expectation: AwsExpectation | KubernetesExpectation) -> str:
    if isinstance(expectation, AwsExpectation):
        return expectation.action
    e = expectation
    resource = e.resource + (f"/{e.subresource}" if e.subresource else "") + (f" {e.name}" if e.name else "")
    acting = f" as {e.user.rpartition(':')[2]}" if e.user else ""
    return f"{e.verb} {resource}" + (f" in {e.namespace}" if e.namespace else "") + acting


def _difference(access: IntegrationAccess) -> Difference | None:
    if access.other_profile is None:
        return None
    chosen, other = access.rights, access.other_profile
    return compare_rights(*((other, chosen) if access.profile == "vendor" else (chosen, other)))


def _other_trust(access: IntegrationAccess) -> tuple[str, ...]:
    other = access.other_profile.trust if access.other_profile else None
    return () if other is None or other == access.trust else tuple(describe_trust(other))
