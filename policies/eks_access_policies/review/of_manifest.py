"""A side of a review from an access manifest. Pure."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from eks_access import trust
from eks_access.access_policies import catalogue
from eks_access.identity import EntryMethod
from eks_access.manifest import HIDDEN, Cluster, Grant, IntegrationAccess, Manifest, Trust

from .access import Bundle, Document, Principal, Side
from .policies import policy_bundle, rule

_KINDS = {
    kind.kind: kind
    for kind in (
        trust.CrossAccount,
        trust.WebIdentity,
        trust.Saml,
        trust.IdentityCenter,
        trust.Service,
        trust.PodIdentity,
        trust.Irsa,
    )
}


def side(manifest: Manifest, origin: str) -> Side:
    return Side(origin, tuple(_principal(name, access) for name, access in manifest.integrations.items()))


def _principal(name: str, access: IntegrationAccess) -> Principal:
    documents, unknown = _trust(access.trust)
    clusters = {cluster.name: tuple(_bundles(access, cluster)) for cluster in access.clusters.values()}
    return Principal(
        name,
        (f"role:{access.role.name}",),
        documents,
        tuple(access.statements),
        clusters=clusters,
        unknown=(*unknown, *_unread(access)),
    )


def _trust(given: Trust) -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """The statements that the manifest's trust stands for, as the component writes them."""
    told = given.model_dump()
    kind = _KINDS[given.kind]
    arguments: dict[str, Any] = {
        each.name: tuple(told[each.name]) if isinstance(told.get(each.name), list) else told[each.name]
        for each in fields(kind)
        if told.get(each.name) is not None
    }
    unknown = ("its trust has a secret, which is hidden here: whether it changed cannot be told",)
    try:
        return tuple(kind(**arguments).statements()), unknown if HIDDEN in arguments.values() else ()
    except (TypeError, ValueError):
        # The manifest's form has fewer fields than some ways to trust: what is there is compared as it is.
        values = {key: value for key, value in told.items() if value not in (None, [], "")}
        return ({"Effect": "Allow", "Principal": {given.kind: "as declared"}, "Action": "sts:AssumeRole",
                 "Condition": {"StringEquals": {key: _plain(value) for key, value in values.items()
                                                if key not in ("kind", "refuses")}}},), ()  # fmt: skip


def _plain(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, list) else str(value)


def _unread(access: IntegrationAccess) -> Iterator[str]:
    for policy in access.identity.access_policies:
        name = policy.arn.rpartition("/")[2]
        if not catalogue().get(name):
            yield f"the access policy {name} gives rules that are not published: what it allows is not known"


def _bundles(access: IntegrationAccess, cluster: Cluster) -> Iterator[Bundle]:
    if cluster.method is EntryMethod.ACCESS_ENTRY:
        for policy in access.identity.access_policies:
            yield policy_bundle(policy.arn.rpartition("/")[2], tuple(policy.namespaces) or None)
    for grant in access.grants:
        if grant.group in access.identity.groups:
            yield from _granted(grant)


def _granted(grant: Grant) -> Iterator[Bundle]:
    if grant.namespaces != []:
        places = None if grant.namespaces is None else tuple(sorted(grant.namespaces))
        yield Bundle(f"ClusterRole {grant.name}", frozenset(map(rule, grant.rules)), places)
