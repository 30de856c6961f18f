"""What an integration gets and why, in words for a reviewer. Pure: the manifest's part about it in, sentences out."""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..manifest.models import AwsExpectation, Grant, IntegrationAccess, KubernetesExpectation
from ..model import aws_actions, existing_role, iam
from ..model.identity import EntryMethod
from ..model.kubernetes_rights import describe_right
from ..model.risk import Risk
from .difference import Difference, difference, listed, of_policy, on, policy_name, within
from .trust import trust_words


@dataclass(frozen=True)
class Right:
    """One statement, rule or access policy: what it is, where it holds, why it is there and what it makes possible."""

    what: str
    where: str
    why: str
    risks: tuple[Risk, ...]


@dataclass(frozen=True)
class Explanation:
    name: str
    title: str
    profile: str
    sources: tuple[str, ...]
    trust: tuple[str, ...]
    """Who may become the role, and what is refused."""
    owner: tuple[str, ...]
    """What the owner of an existing role must put there; nothing where the role is made here."""
    aws: tuple[Right, ...]
    identity: tuple[str, ...]
    kubernetes: tuple[Right, ...]
    refused: tuple[str, ...]
    """What must not work, by its reason."""
    residual_risks: tuple[str, ...]
    difference: Difference | None
    """What profile `vendor` has beyond `least`; None where only one of them can be had."""
    other_trust: tuple[str, ...]
    """Who may become the role in the profile that was not chosen, where that is not the same."""


def to_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation for programs. Its keys are public: a risk has `words`, and `grave` where it is severe."""

    def as_dict(items: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(items)
        return {"words": names["sentence"], "grave": names["is_severe"]} if "is_severe" in names else names

    return {"schemaVersion": 1, **dataclasses.asdict(explanation, dict_factory=as_dict)}


def explained(name: str, access: IntegrationAccess) -> Explanation:
    return Explanation(
        name=name,
        title=access.title,
        profile=access.profile.value,
        sources=tuple(access.sources),
        trust=tuple(trust_words(access.trust)),
        owner=_owners_part(access),
        aws=tuple(_statements(access)),
        identity=tuple(_identity(access)),
        kubernetes=(*_access_policies(access), *_rules(access.grants, access.identity.username)),
        refused=tuple(_refused(access)),
        residual_risks=tuple(access.residual_risks),
        difference=_difference(access),
        other_trust=_other_trust(access),
    )


def _owners_part(access: IntegrationAccess) -> tuple[str, ...]:
    role = access.role
    if role.trust_policy is None:
        return ()
    return existing_role.owners_part(role.arn, role.trust_policy, iam.document(access.statements))


def _statements(access: IntegrationAccess) -> Iterator[Right]:
    reasons = [*access.statement_reasons, *[""] * len(access.statements)]
    for statement, why in zip(access.statements, reasons, strict=False):
        actions = listed(statement["Action"])
        denies = statement["Effect"] == "Deny"
        yield Right(
            what=("never " if denies else "") + ", ".join(actions),
            where=on(listed(statement["Resource"])) + (" under conditions" if statement.get("Condition") else ""),
            why=why,
            risks=() if denies else _distinct(aws_actions.describe_action(action) for action in actions),
        )


def _identity(access: IntegrationAccess) -> Iterator[str]:
    groups = ", ".join(access.identity.groups) or "no group"
    for key, cluster in access.clusters.items():
        who = f"user {access.identity.username_by(cluster.method)} in {groups}"
        yield f"{key}: {cluster.name} in {cluster.region}, by {_WAYS[cluster.method]}, as {who}"


_WAYS = {
    EntryMethod.ACCESS_ENTRY: "an access entry",
    EntryMethod.AWS_AUTH: "a mapping in aws-auth",
    EntryMethod.EKS_CONNECTOR: "EKS Connector",
}


def _access_policies(access: IntegrationAccess) -> Iterator[Right]:
    for policy in access.identity.access_policies:
        yield Right(
            policy_name(policy), within(policy.namespaces or None), "an EKS access policy", (of_policy(policy),)
        )


def _rules(grants: list[Grant], own: str) -> Iterator[Right]:
    for grant in grants:
        reasons = [*grant.reasons, *[""] * len(grant.rules)]
        for rule, why in zip(grant.rules, reasons, strict=False):
            groups = [group for group in rule.get("apiGroups", []) if group]
            kinds = ", ".join((*rule.get("resources", ()), *rule.get("nonResourceURLs", ())))
            named = f" named {', '.join(rule['resourceNames'])}" if rule.get("resourceNames") else ""
            of_group = f" ({', '.join(groups)})" if groups else ""
            yield Right(
                what=f"{', '.join(rule['verbs'])} {kinds}{of_group}{named}",
                where=within(grant.namespaces) + _holder(grant, own),
                why=why,
                risks=_distinct(
                    describe_right(resource, verb, named=bool(named))
                    for resource in rule.get("resources", [])
                    for verb in rule["verbs"]
                ),
            )


def _holder(grant: Grant, own: str) -> str:
    """Who has the rights, where it is not the integration itself, whose name in the cluster is `own`."""
    if grant.kind == "User":
        return f", for user {grant.group}"
    account = f"system:serviceaccount:{grant.group.replace('/', ':')}"
    return f", for service account {grant.group}" if grant.kind == "ServiceAccount" and account != own else ""


def _distinct(found: Iterable[Risk]) -> tuple[Risk, ...]:
    """Each once, the grave ones first."""
    return tuple(sorted(dict.fromkeys(found), key=lambda risk: not risk.is_severe))


def _refused(access: IntegrationAccess) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    expectations: list[AwsExpectation | KubernetesExpectation] = [*access.aws, *access.kubernetes]
    for expectation in expectations:
        if not expectation.allowed:
            by_reason.setdefault(expectation.why, []).append(_call(expectation))
    for why, calls in by_reason.items():
        yield f"{', '.join(dict.fromkeys(calls))}: {why}"


def _call(expectation: AwsExpectation | KubernetesExpectation) -> str:
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
    return difference(*((other, chosen) if access.profile == "vendor" else (chosen, other)))


def _other_trust(access: IntegrationAccess) -> tuple[str, ...]:
    other = access.other_profile.trust if access.other_profile else None
    return () if other is None or other == access.trust else tuple(trust_words(other))
