"""What is left of an integration: its role, and in every cluster of the environment what names it. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.arn import parse

from ..leftovers.cluster_state import Binding, ClusterState
from ..leftovers.findings import ClusterContext, Finding, find_leftovers
from .report import Line, State, VendorObject

BUILT_IN = "system:"
"""Groups and users of Kubernetes itself begin with it."""
_SERVICE_ACCOUNT = "system:serviceaccount:"
_VARIABLE = re.compile(r"\{\{\w+\}\}")
_FEW = 5


@dataclass(frozen=True)
class Names:
    """What an integration is called in a cluster, as far as no other integration there is called the same."""

    groups: frozenset[str]
    users: tuple[re.Pattern[str], ...]
    service_accounts: frozenset[str]

    def list_subjects(self, binding: Binding) -> list[str]:
        """Those of a binding's subjects that are the integration."""
        return [
            *(f"group {each}" for each in binding.groups if each in self.groups),
            *(f"user {each}" for each in binding.users if any(user.fullmatch(each) for user in self.users)),
            *(f"service account {each}" for each in binding.service_accounts if each in self.service_accounts),
        ]


def find_names(access: IntegrationAccess, others: Iterable[IntegrationAccess]) -> Names:
    """A username that is nothing but the session's name says nothing about whose it is, and is left out."""
    groups = {group for group in _list_groups(access) if not group.startswith(BUILT_IN)}
    for other in others:
        groups -= set(_list_groups(other))
    usernames = {access.identity.username, access.identity.aws_auth_username or ""}
    templates = [name for name in usernames if _VARIABLE.split(name)[0]]
    accounts = {
        "/".join(name.removeprefix(_SERVICE_ACCOUNT).split(":")) for name in usernames if _is_service_account(name)
    }
    return Names(frozenset(groups), tuple(map(_compile_template, templates)), frozenset(accounts))


def _list_groups(access: IntegrationAccess) -> list[str]:
    return [*access.identity.groups, *(grant.group for grant in access.grants if grant.kind == "Group")]


def _is_service_account(username: str) -> bool:
    return username.startswith(_SERVICE_ACCOUNT)


def _compile_template(template: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, _VARIABLE.split(template))))


def find_remains(
    name: str, access: IntegrationAccess, state: ClusterState, context: ClusterContext, now: datetime
) -> list[Line]:
    """What the cluster still has of the integration, which does not count as one of the context's."""
    is_others = access.role.existing and (access.role.arn in context.roles or not _is_own_cluster(access, context))
    of_role = State.STAYS if is_others else State.OPEN

    def line(kind: str, what: str, left: Sequence[str], if_left: State = State.OPEN) -> Line:
        evidence = _list_few(left) if left else "there is none"
        return Line(
            key=f"{kind}:{context.key}",
            plane="remains",
            where=context.key,
            what=what,
            state=if_left if left else State.CLOSED,
            evidence=f"{evidence}, made for something else" if left and if_left is State.STAYS else evidence,
            asked_at=now,
        )

    return [
        line("entry", "access entry of its role", _list_entries(access, state), of_role),
        line("mapping", "mapping of its role in aws-auth", _list_mappings(access, state), of_role),
        line("bindings", "bindings of its groups and username", _list_bindings(access, state, context)),
        line("objects", "objects that were made for it", _list_objects(name, access, state, context)),
    ]


def _list_entries(access: IntegrationAccess, state: ClusterState) -> list[str]:
    return [each.principal_arn for each in state.entries if _is_same_role(each.principal_arn, access.role.arn)]


def _list_mappings(access: IntegrationAccess, state: ClusterState) -> list[str]:
    return [f"{each.section}: {each.arn}" for each in state.mappings if _is_mapped(each.arn, access.role.arn)]


def _list_bindings(access: IntegrationAccess, state: ClusterState, context: ClusterContext) -> list[str]:
    names = find_names(access, context.integrations.values())
    return [
        f"{binding.kind} {_qualify(binding)} for {', '.join(subjects)}"
        for binding in state.bindings
        if (subjects := names.list_subjects(binding))
    ]


def _list_objects(name: str, access: IntegrationAccess, state: ClusterState, context: ClusterContext) -> list[str]:
    """What this package made for it, by its labels."""
    return [
        f"{each.kind} {each.name}"
        for each in find_leftovers(state, context)
        if not each.by_vendor and each.belongs_to in (name, access.vendor)
    ]


def _is_own_cluster(access: IntegrationAccess, context: ClusterContext) -> bool:
    return any((each.name, each.region) == (context.name, context.region) for each in access.clusters.values())


def find_connected_remains(
    name: str, access: IntegrationAccess, state: ClusterState, context: ClusterContext, now: datetime
) -> list[Line]:
    """The same of a cluster outside of EKS, which has neither entries nor mappings."""
    lines = find_remains(name, access, state, context, now)
    return [line for line in lines if not line.key.startswith(("entry:", "mapping:"))]


def find_vendor_objects(
    findings: Iterable[Finding], name: str, access: IntegrationAccess, manifest: Manifest
) -> list[VendorObject]:
    """What the vendor made itself in the integration's clusters, and which other integrations may have it made."""
    clusters = {(cluster.name, cluster.region) for cluster in access.clusters.values()}
    keys = {key for key, places in _list_places(manifest).items() if places & clusters}
    return [
        VendorObject(
            where=each.where,
            kind=each.kind,
            name=each.name,
            why=each.why,
            remove=each.remove,
            may_be_of=sorted(_list_others(each.where, name, access.vendor, manifest)),
        )
        for each in findings
        if each.by_vendor and each.belongs_to == access.vendor and access.leftovers and each.where in keys
    ]


def _list_places(manifest: Manifest) -> Mapping[str, set[tuple[str, str]]]:
    """The clusters by the keys that findings have, which are the environment's or an integration's."""
    places: dict[str, set[tuple[str, str]]] = {}
    for key, declared in manifest.clusters.items():
        places.setdefault(key, set()).add((declared.name, declared.region))
    for access in manifest.integrations.values():
        for key, cluster in access.clusters.items():
            if key not in manifest.clusters:
                places.setdefault(key, set()).add((cluster.name, cluster.region))
    return places


def _list_others(where: str, name: str, vendor: str, manifest: Manifest) -> Iterator[str]:
    here = _list_places(manifest).get(where, set())
    for other, access in manifest.integrations.items():
        places = {(cluster.name, cluster.region) for cluster in access.clusters.values()}
        if other != name and access.vendor == vendor and access.leftovers and places & here:
            yield other


def to_lines(objects: Iterable[VendorObject], now: datetime) -> list[Line]:
    """The lines of the proof about what the vendor made: it is left, unless another integration's it may be."""
    return [
        Line(
            key=f"vendor:{each.where}:{each.kind}:{each.name}",
            plane="remains",
            where=each.where,
            what=f"{each.kind} {each.name}, which the vendor made",
            state=State.STAYS if each.may_be_of else State.OPEN,
            evidence=f"it may be in use by {', '.join(each.may_be_of)}" if each.may_be_of else each.why,
            asked_at=now,
        )
        for each in objects
    ]


def _is_same_role(arn: str, role: str) -> bool:
    return arn.lower() == role.lower()


def _is_mapped(arn: str, role: str) -> bool:
    """aws-auth has no paths, and the authenticator compares without regard to case."""
    own = parse(role)
    return _is_same_role(arn, role) or (own is not None and _is_same_role(arn, str(own.without_path())))


def _qualify(binding: Binding) -> str:
    return f"{binding.namespace}/{binding.name}" if binding.namespace else binding.name


def _list_few(names: Sequence[str]) -> str:
    more = f", and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
