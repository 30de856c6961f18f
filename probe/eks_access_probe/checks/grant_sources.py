"""Finds what gives an integration a call that must be allowed: the object to look at where the call is denied. Pure."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from eks_access.manifest.models import AwsExpectation, Cluster, Grant, IntegrationAccess, KubernetesExpectation
from eks_access.model.access_policies import find_granting_policy
from eks_access.model.identity import EntryMethod
from eks_access.model.kubernetes_rights import PolicyRule, Request, allows, is_in_scope

from ..outcome import GrantSource
from .declared_rights import is_own_grant, to_associated_policy


def find_statement_source(access: IntegrationAccess, e: AwsExpectation) -> GrantSource | None:
    """The statement of the role's policy that allows the AWS call."""
    for statement in access.statements:
        actions = statement.get("Action", [])
        patterns = [actions] if isinstance(actions, str) else actions
        is_allowed = statement.get("Effect") == "Allow" and any(
            fnmatchcase(e.action.lower(), str(pattern).lower()) for pattern in patterns
        )
        if is_allowed:
            policy = f"the policy of role {access.role.name}"
            return GrantSource(policy, f"statement {statement.get('Sid', '')} in {policy}")
    return None


def find_grant_source(access: IntegrationAccess, cluster: Cluster, e: KubernetesExpectation) -> GrantSource | None:
    """The binding that grants the request in the cluster, or the access policy."""
    return next(_find_bindings(access, e), None) or _find_access_policy(access, cluster, e)


def _find_bindings(access: IntegrationAccess, e: KubernetesExpectation) -> Iterator[GrantSource]:
    request = to_request(e)
    for grant in access.grants:
        is_granted = is_in_scope(grant.namespaces, request) and any(
            allows(PolicyRule.from_json(rule), request) for rule in grant.rules
        )
        if is_granted and _is_to_caller(access, grant, e):
            binding = (
                f"ClusterRoleBinding {grant.name}"
                if grant.namespaces is None
                else f"RoleBinding {grant.name} in {e.namespace}"
            )
            yield GrantSource(binding, f"ClusterRole {grant.name}")


def _find_access_policy(access: IntegrationAccess, cluster: Cluster, e: KubernetesExpectation) -> GrantSource | None:
    if cluster.method is not EntryMethod.ACCESS_ENTRY:
        return None
    policy = find_granting_policy(map(to_associated_policy, access.identity.access_policies), to_request(e))
    if policy is None:
        return None
    return GrantSource(f"the association of {policy} with the access entry", f"access policy {policy}")


def _is_to_caller(access: IntegrationAccess, grant: Grant, e: KubernetesExpectation) -> bool:
    return grant.group == e.user if e.user else is_own_grant(access, grant)


def to_request(e: KubernetesExpectation) -> Request:
    if e.resource.startswith("/"):
        return Request(e.verb, url=e.resource)
    return Request(e.verb, e.api_group, e.resource, e.subresource or "", e.name or "", e.namespace or "")
