"""Derives ConductorOne's arguments from access that was made by hand: who assumes the role, and what it may grant."""

import re
from collections.abc import Iterator
from typing import Any

from ...derivation.cluster_rights import is_master, list_rules
from ...derivation.permissions import find_condition, find_statements, list_texts
from ...derivation.role import list_ways
from ...derivation.trust import ASSUME_ROLE, WITH_WEB_IDENTITY, FoundPrincipal
from ...derivation.values import ArgumentCollector
from ...model.arn import parse
from ...model.found import DerivedArguments, FoundAccess
from ...model.grantable import ADMIN_ROLES
from ...model.kubernetes_rights import PolicyRule, Request, allows
from ...model.rbac import API_GROUP as RBAC
from ...model.trust import validate_external_id, validate_principals
from ...model.trust.workload import POD_IDENTITY_SERVICE
from .modes import CONDUCTORONE_ROLE, Hosting, Tier
from .rights import ADMIN_POLICIES

_PROVIDER = "oidc-provider/"
_SUBJECT = re.compile(r"system:serviceaccount:(?P<namespace>[^:*?]+):(?P<name>[^:*?]+)")
_USER_PATTERN = re.compile(r"arn:[^:]+:iam::(?P<account>[0-9]{12}):user/\*")
_GRANT = "eks:AssociateAccessPolicy"
_EXTERNAL_ID_ADVICE = "Copy it from the connector's Settings in ConductorOne."
_TIER_ADVICE = "Name the ClusterRoles that ConductorOne may grant, or leave it out with `tier: sync`."


def derive_arguments(found: FoundAccess) -> DerivedArguments:
    """From the role's trust policy, and from its rights in AWS and in the cluster."""
    collector = ArgumentCollector(found)
    hosting = _derive_hosting(collector)
    if hosting is not Hosting.CLOUD:
        collector.arguments["hosting"] = hosting.value
    _derive_tier(collector)
    clusters = sorted({way.cluster for way in list_ways(found)})
    if len(clusters) > 1:
        collector.notes.append(
            f"it has access to {', '.join(clusters)}, and each cluster needs a connector, an External ID and an"
            " integration of its own: declare one for each"
        )
    return collector.finish()


def _derive_hosting(collector: ArgumentCollector) -> Hosting:
    trust = collector.trust
    if providers := trust.choose(WITH_WEB_IDENTITY, lambda each: f":{_PROVIDER}" in each.value):
        _derive_irsa(collector, providers[0].partition(_PROVIDER)[2])
        return Hosting.SELF_HOSTED_IRSA
    if trust.choose(ASSUME_ROLE, lambda each: each.value == POD_IDENTITY_SERVICE, along_with=("sts:TagSession",)):
        _derive_pod_identity(collector)
        return Hosting.SELF_HOSTED_POD_IDENTITY
    principals = trust.choose(ASSUME_ROLE, lambda each: each.value == CONDUCTORONE_ROLE)
    principals = principals or trust.choose(ASSUME_ROLE, _is_aws)
    external_ids = trust.take("sts:ExternalId")
    if not external_ids and any(_is_user(each) for each in principals):
        collector.require(
            "principal_arn",
            principals,
            advice="Give the ARN of the IAM user whose access keys the connector has.",
            validate=lambda value: validate_principals("principal_arn", (value,)),
        )
        return Hosting.SELF_HOSTED_KEYS
    collector.require(
        "external_id",
        external_ids,
        advice=_EXTERNAL_ID_ADVICE,
        validate=lambda value: validate_external_id("external_id", value),
    )
    if principals != (CONDUCTORONE_ROLE,):
        collector.allow(
            "principal_arn", principals, validate=lambda value: validate_principals("principal_arn", (value,))
        )
    return Hosting.CLOUD


def _is_aws(principal: FoundPrincipal) -> bool:
    return principal.kind == "AWS"


def _is_user(principal: str) -> bool:
    arn = parse(principal)
    return arn is not None and arn.kind == "user"


def _derive_irsa(collector: ArgumentCollector, issuer: str) -> None:
    collector.arguments["oidc_issuer"] = issuer
    collector.trust.take(f"{issuer}:aud")
    subjects = collector.trust.take(f"{issuer}:sub")
    match = _SUBJECT.fullmatch(subjects[0]) if len(subjects) == 1 else None
    if match is None:
        _miss_service_account(collector)
    else:
        collector.arguments |= {"namespace": match["namespace"], "service_account": match["name"]}


def _derive_pod_identity(collector: ArgumentCollector) -> None:
    # The integration has both for its own cluster.
    collector.trust.take("aws:SourceAccount")
    collector.trust.take_patterns("aws:SourceArn")
    namespaces = collector.trust.take("aws:RequestTag/kubernetes-namespace")
    accounts = collector.trust.take("aws:RequestTag/kubernetes-service-account")
    if len(namespaces) == len(accounts) == 1:
        collector.arguments |= {"namespace": namespaces[0], "service_account": accounts[0]}
    else:
        _miss_service_account(collector)


def _miss_service_account(collector: ArgumentCollector) -> None:
    for name in ("namespace", "service_account"):
        collector.miss(name, "the trust policy does not name one service account", "Name that of the connector.")


def _derive_tier(collector: ArgumentCollector) -> None:
    """Whether it grants access. The page gives the IAM actions for it to everyone, so these alone show nothing."""
    found = collector.found
    rules = list(list_rules(found))
    binds = any(allows(rule, Request("create", RBAC, kind)) for rule in rules for kind in _BINDINGS)
    grants = find_statements(found.role, _GRANT)
    if is_master(found) or binds:
        collector.arguments["tier"] = Tier.PROVISION.value
        _derive_grantable(collector, rules)
    elif any(map(_is_restricted, grants)):
        collector.arguments["tier"] = Tier.PROVISION.value
    elif grants:
        collector.notes.append(
            "its policy lets it grant access policies, as the page has it for every connector, and in the cluster it"
            " only reads: where ConductorOne grants access to EKS, set `tier: provision`"
        )
    if collector.arguments.get("tier"):
        _derive_limits(collector)


_BINDINGS = ("rolebindings", "clusterrolebindings")


def _derive_grantable(collector: ArgumentCollector, rules: list[PolicyRule]) -> None:
    named = {
        argument: sorted({name for rule in rules if _binds(rule, kind) for name in rule.names})
        for argument, kind in (("grantable_cluster_roles", "clusterroles"), ("grantable_roles", "roles"))
    }
    collector.arguments |= {argument: names for argument, names in named.items() if names}
    names = [name for each in named.values() for name in each]
    if any(name in ADMIN_ROLES or name.startswith("system:") for name in names):
        collector.arguments["allow_admin_roles"] = True
    if not names:
        collector.miss("grantable_cluster_roles", "it may grant every role, and no rule names some", _TIER_ADVICE)


def _binds(rule: PolicyRule, kind: str) -> bool:
    return any(allows(rule, Request("bind", RBAC, kind, name=name)) for name in rule.names)


def _derive_limits(collector: ArgumentCollector) -> None:
    """What it may not grant, and to which users, where its policy has that as this package makes it."""
    role = collector.found.role
    admin = {policy.name for policy in ADMIN_POLICIES}
    if any(admin & set(_list_policies(each)) for each in find_statements(role, _GRANT, effect="Deny")):
        collector.arguments["deny_cluster_admin"] = True
    elif any(admin & set(_list_policies(each)) for each in find_statements(role, _GRANT)):
        collector.arguments["deny_cluster_admin"] = False
    accounts = list(dict.fromkeys(_list_accounts(collector.found)))
    own = parse(collector.found.principal_arn)
    if accounts and (own is None or accounts != [own.account]):
        collector.arguments["user_accounts"] = accounts


def _list_policies(statement: Any) -> Iterator[str]:
    yield from (arn.rpartition("/")[2] for arn in find_condition(statement, "eks:policyArn"))


def _list_accounts(found: FoundAccess) -> Iterator[str]:
    for statement in find_statements(found.role, "eks:CreateAccessEntry"):
        for pattern in find_condition(statement, "eks:principalArn"):
            if match := _USER_PATTERN.fullmatch(pattern):
                yield match["account"]


def _is_restricted(statement: Any) -> bool:
    """Whether it names entries or policies, as nobody does without meaning it."""
    return "*" not in list_texts(statement.get("Resource")) or bool(statement.get("Condition"))
