"""Finds leftovers: resources in a cluster that belong to no integration of the stack. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod
from eks_access.model.leftovers import LeftoverPattern
from eks_access.model.rbac import MANAGED_BY, STACK
from eks_access.model.tags import ROLE_ID_TAG
from eks_access.shell_command import format_command

from .cluster_state import Binding, ClusterState, Entry, KubernetesObject, MappedArn, Registration

INSTANCE = "app.kubernetes.io/instance"
PART_OF = "app.kubernetes.io/part-of"
MANAGER = "app.kubernetes.io/managed-by"


@dataclass(frozen=True)
class Finding:
    """One leftover. `where` is the cluster's key or the region; `belongs_to` its integration or vendor, if known."""

    where: str
    kind: str
    name: str
    belongs_to: str
    why: str
    remove: str
    """A command that removes it; it is never run from here."""
    by_vendor: bool = False
    """Whether it was recognised as something that a vendor makes itself."""


@dataclass(frozen=True)
class ClusterContext:
    """What the stack has in a cluster: its integrations there, and the patterns of what vendors create."""

    key: str
    name: str
    region: str
    stack: str
    integrations: Mapping[str, IntegrationAccess]
    vendors: Mapping[str, Sequence[LeftoverPattern]]
    """Patterns of the resources that a vendor creates, by the vendor's key."""

    @property
    def roles(self) -> set[str]:
        return {access.role.arn for access in self.integrations.values()}

    def has_vendor(self, vendor: str) -> bool:
        return any(access.vendor == vendor for access in self.integrations.values())


def build_context(
    manifest: Manifest,
    key: str,
    name: str,
    region: str,
    vendors: Mapping[str, Sequence[LeftoverPattern]],
    gone: frozenset[str],
) -> ClusterContext:
    """What the stack has in this cluster, apart from the integrations that are `gone`."""
    everywhere = [cluster for access in manifest.integrations.values() for cluster in access.clusters.values()]
    # The same cluster may have another name in an integration: the one that it is registered under.
    addresses = {cluster.endpoint for cluster in everywhere if cluster.name == name}
    integrations = {
        integration: access
        for integration, access in manifest.integrations.items()
        if integration not in gone
        and any(cluster.name == name or cluster.endpoint in addresses for cluster in access.clusters.values())
    }
    return ClusterContext(key, name, region, _stack_name(manifest), integrations, vendors)


def find_registrations(
    registrations: Iterable[Registration], manifest: Manifest, gone: frozenset[str]
) -> list[Finding]:
    """The clusters that this stack registered and has no integration for any more."""
    declared = {
        (cluster.region, cluster.name)
        for integration, access in manifest.integrations.items()
        for cluster in access.clusters.values()
        if integration not in gone and cluster.method is EntryMethod.EKS_CONNECTOR
    }
    return [
        Finding(
            found.region,
            "connected cluster",
            found.name,
            "",
            "registered by this stack, which has no integration for it any more",
            format_command("aws eks deregister-cluster", {"region": found.region, "name": found.name}),
        )
        for found in registrations
        if found.tags.get(STACK) == _stack_name(manifest) and (found.region, found.name) not in declared
    ]


def _stack_name(manifest: Manifest) -> str:
    return f"{manifest.project}/{manifest.environment}" if manifest.project else ""


def find_leftovers(state: ClusterState, context: ClusterContext) -> list[Finding]:
    """The resources in the cluster that belong to no integration of the stack, or to none any more."""
    return [
        *_find_entries(state, context),
        *_find_mappings(state, context),
        *(finding for found in state.objects if (finding := _find_object(found, context))),
        *(finding for binding in state.bindings if (finding := _find_binding(binding, context))),
    ]


def _find_entries(state: ClusterState, context: ClusterContext) -> Iterator[Finding]:
    for entry in state.entries:
        if (reason := _explain_entry(entry, state, context)) is not None:
            belongs_to, why = reason
            by_vendor = _is_empty_entry_of_user(entry) and belongs_to in context.vendors
            remove = format_command(
                "aws eks delete-access-entry",
                {"region": context.region, "cluster-name": context.name, "principal-arn": entry.principal_arn},
            )
            yield Finding(context.key, "access entry", entry.principal_arn, belongs_to, why, remove, by_vendor)


def _explain_entry(entry: Entry, state: ClusterState, context: ClusterContext) -> tuple[str, str] | None:
    """The owner of the entry and why it is a leftover; None if it is not."""
    if entry.principal_arn in context.roles:
        return None  # of the stack: `pulumi up --refresh` updates it
    ours = ROLE_ID_TAG in entry.tags and _is_of_this_stack(entry.tags.get(STACK, ""), context)
    owner = "eks-access" if ours else ""
    if entry.principal_arn in state.principals:
        unique_id = state.principals[entry.principal_arn]
        if unique_id is None:
            return owner, "its principal no longer exists, so it has no effect"
        role_id = entry.tags.get(ROLE_ID_TAG)
        if role_id and role_id != unique_id:
            return owner, "its role was deleted and created again since, so it has no effect"
    if ours:
        return owner, "created by this stack, which has no such integration in this cluster any more"
    if _is_empty_entry_of_user(entry):
        return _match_vendor("empty-entry-of-user", (entry.principal_arn,), context)
    return None


def _is_empty_entry_of_user(entry: Entry) -> bool:
    parsed = parse(entry.principal_arn)
    is_user = parsed is not None and parsed.service == "iam" and parsed.kind == "user"
    return is_user and entry.type == "STANDARD" and not entry.groups and not entry.policies


def _find_mappings(state: ClusterState, context: ClusterContext) -> Iterator[Finding]:
    declared = {
        str(arn.without_path()).lower()
        for access in context.integrations.values()
        if any(cluster.method is EntryMethod.AWS_AUTH for cluster in access.clusters.values())
        and (arn := parse(access.role.arn))
    }
    for mapping in state.mappings:
        gone = state.principals.get(mapping.arn, "unknown") is None
        if gone and mapping.arn.lower() not in declared:
            why = "its principal no longer exists; a new principal of that name would be mapped by it"
            yield Finding(context.key, "aws-auth mapping", mapping.arn, "", why, _remove_mapping(mapping))


def _remove_mapping(mapping: MappedArn) -> str:
    return f"remove the entry with {mapping.arn} (user {mapping.username!r}) from {mapping.section} in aws-auth"


def _find_object(found: KubernetesObject, context: ClusterContext) -> Finding | None:
    if found.labels.get(MANAGER) != MANAGED_BY or not _is_of_this_stack(found.annotations.get(STACK, ""), context):
        return None
    instance, vendor = found.labels.get(INSTANCE), found.labels.get(PART_OF, "")
    if instance in context.integrations if instance else context.has_vendor(vendor):
        return None
    return Finding(
        context.key,
        found.kind,
        _qualified_name(found.namespace, found.name),
        instance or vendor,
        "created by this stack, which has no such integration in this cluster any more",
        _kubectl_delete(found.kind, found.namespace, found.name),
    )


def _find_binding(binding: Binding, context: ClusterContext) -> Finding | None:
    by_name = _match_vendor("binding", (binding.name,), context)
    match = by_name or _match_vendor("binding-of-user", binding.users, context)
    if match is None:
        return None
    vendor, why = match
    name = _qualified_name(binding.namespace, binding.name)
    remove = _kubectl_delete(binding.kind, binding.namespace, binding.name)
    return Finding(context.key, binding.kind, name, vendor, why, remove, by_vendor=True)


def _match_vendor(kind: str, names: Sequence[str], context: ClusterContext) -> tuple[str, str] | None:
    """The vendor that creates resources of this kind and name, and why they are left behind; None if none does."""
    for vendor, patterns in context.vendors.items():
        for pattern in patterns:
            if pattern.made == kind and any(pattern.matches(name) for name in names):
                still = f"; {vendor} is still deployed here and may be using it" if context.has_vendor(vendor) else ""
                return vendor, f"{pattern.why}{still}"
    return None


def _is_of_this_stack(stack: str, context: ClusterContext) -> bool:
    """Whether the mark is this stack's; so is a missing mark, and any mark for a manifest without its project."""
    return not stack or not context.stack or stack == context.stack


def _qualified_name(namespace: str | None, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _kubectl_delete(kind: str, namespace: str | None, name: str) -> str:
    return format_command(f"kubectl delete {kind.lower()}", {"namespace": namespace} if namespace else {}, [name])
