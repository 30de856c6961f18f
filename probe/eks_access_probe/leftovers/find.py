"""What of a cluster is left over. Pure: what was seen and what the stack has in, findings out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod
from eks_access.model.leftovers import LeftoverPattern
from eks_access.model.rbac import MANAGED_BY, STACK
from eks_access.model.tags import ROLE_ID_TAG

from .seen import Binding, Entry, KubernetesObject, MappedArn, Registration, Seen

INSTANCE = "app.kubernetes.io/instance"
PART_OF = "app.kubernetes.io/part-of"
MANAGER = "app.kubernetes.io/managed-by"


@dataclass(frozen=True)
class Finding:
    """One thing that is left. `where` is the cluster's key; `belongs_to` its integration or vendor, where known."""

    where: str
    kind: str
    name: str
    belongs_to: str
    why: str
    remove: str
    """A command that removes it; nothing here runs it."""


@dataclass(frozen=True)
class Here:
    """A cluster as the stack knows it: which integrations it has there, and what vendors make by themselves."""

    key: str
    name: str
    region: str
    stack: str
    integrations: Mapping[str, IntegrationAccess]
    vendors: Mapping[str, Sequence[LeftoverPattern]]
    """By the vendor's key: what it makes by itself."""

    @property
    def roles(self) -> set[str]:
        return {access.role.arn for access in self.integrations.values()}

    def has_vendor(self, vendor: str) -> bool:
        return any(access.vendor == vendor for access in self.integrations.values())


def here(
    manifest: Manifest,
    key: str,
    name: str,
    region: str,
    made: Mapping[str, Sequence[LeftoverPattern]],
    gone: frozenset[str],
) -> Here:
    """What the stack has in this cluster, without the integrations that are `gone`."""
    everywhere = [cluster for access in manifest.integrations.values() for cluster in access.clusters.values()]
    # An integration may know the same cluster by another name: the one that it is registered under.
    addresses = {cluster.endpoint for cluster in everywhere if cluster.name == name}
    there = {
        integration: access
        for integration, access in manifest.integrations.items()
        if integration not in gone
        and any(cluster.name == name or cluster.endpoint in addresses for cluster in access.clusters.values())
    }
    return Here(key, name, region, _stack(manifest), there, made)


def registrations(seen: Iterable[Registration], manifest: Manifest, gone: frozenset[str]) -> list[Finding]:
    """The registered clusters that this stack made and has no integration for (any more)."""
    has = {
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
            f"aws eks deregister-cluster --region {found.region} --name {found.name}",
        )
        for found in seen
        if found.tags.get(STACK) == _stack(manifest) and (found.region, found.name) not in has
    ]


def _stack(manifest: Manifest) -> str:
    return f"{manifest.project}/{manifest.environment}" if manifest.project else ""


def leftovers(seen: Seen, place: Here) -> list[Finding]:
    """Everything in the cluster that belongs to no integration of the stack (any more)."""
    return [
        *_entries(seen, place),
        *_mappings(seen, place),
        *(finding for found in seen.objects if (finding := _object(found, place))),
        *(finding for binding in seen.bindings if (finding := _binding(binding, place))),
    ]


def _entries(seen: Seen, place: Here) -> Iterator[Finding]:
    for entry in seen.entries:
        told = _entry(entry, seen, place)
        if told is not None:
            belongs_to, why = told
            remove = (
                f"aws eks delete-access-entry --region {place.region} --cluster-name {place.name}"
                f" --principal-arn {entry.principal_arn}"
            )
            yield Finding(place.key, "access entry", entry.principal_arn, belongs_to, why, remove)


def _entry(entry: Entry, seen: Seen, place: Here) -> tuple[str, str] | None:
    """Whose it is and why it is left over; None where it is not."""
    if entry.principal_arn in place.roles:
        return None  # of the stack: `pulumi up --refresh` repairs it
    ours = ROLE_ID_TAG in entry.tags and _is_of_this_stack(entry.tags.get(STACK, ""), place)
    owner = "eks-access" if ours else ""
    if entry.principal_arn in seen.principals:
        unique_id = seen.principals[entry.principal_arn]
        if unique_id is None:
            return owner, "its principal no longer exists, so it lets nobody in"
        made_for = entry.tags.get(ROLE_ID_TAG)
        if made_for and made_for != unique_id:
            return owner, "its role was made anew since, so it lets nobody in"
    if ours:
        return owner, "made by this stack, which has no such integration in this cluster any more"
    if entry.type == "STANDARD" and not entry.groups and not entry.policies and _is_user(entry.principal_arn):
        return _maker("empty-entry-of-user", (entry.principal_arn,), place)
    return None


def _is_user(arn: str) -> bool:
    parsed = parse(arn)
    return parsed is not None and parsed.service == "iam" and parsed.kind == "user"


def _mappings(seen: Seen, place: Here) -> Iterator[Finding]:
    stays = {
        str(arn.without_path()).lower()
        for access in place.integrations.values()
        if any(cluster.method is EntryMethod.AWS_AUTH for cluster in access.clusters.values())
        and (arn := parse(access.role.arn))
    }
    for mapping in seen.mappings:
        gone = seen.principals.get(mapping.arn, "unknown") is None
        if gone and mapping.arn.lower() not in stays:
            why = "its principal no longer exists; whoever makes one of that name again comes in by it"
            yield Finding(place.key, "aws-auth mapping", mapping.arn, "", why, _unmap(mapping))


def _unmap(mapping: MappedArn) -> str:
    return f"take the entry with {mapping.arn} (user {mapping.username!r}) out of {mapping.section} in aws-auth"


def _object(found: KubernetesObject, place: Here) -> Finding | None:
    if found.labels.get(MANAGER) != MANAGED_BY or not _is_of_this_stack(found.annotations.get(STACK, ""), place):
        return None
    instance, vendor = found.labels.get(INSTANCE), found.labels.get(PART_OF, "")
    stays = instance in place.integrations if instance else place.has_vendor(vendor)
    if stays:
        return None
    return Finding(
        place.key,
        found.kind,
        _named(found.namespace, found.name),
        instance or vendor,
        "made by this stack, which has no such integration in this cluster any more",
        _delete(found.kind, found.namespace, found.name),
    )


def _binding(binding: Binding, place: Here) -> Finding | None:
    told = _maker("binding", (binding.name,), place) or _maker("binding-of-user", binding.users, place)
    if told is None:
        return None
    vendor, why = told
    name = _named(binding.namespace, binding.name)
    return Finding(place.key, binding.kind, name, vendor, why, _delete(binding.kind, binding.namespace, binding.name))


def _maker(made: str, names: Sequence[str], place: Here) -> tuple[str, str] | None:
    for vendor, patterns in place.vendors.items():
        for pattern in patterns:
            if pattern.made == made and any(pattern.matches(name) for name in names):
                still = f"; {vendor} is still deployed here and may be using it" if place.has_vendor(vendor) else ""
                return vendor, f"{pattern.why}{still}"
    return None


def _is_of_this_stack(stack: str, place: Here) -> bool:
    """Without a mark, or in a manifest that does not name its project, it is taken for this stack's."""
    return not stack or not place.stack or stack == place.stack


def _named(namespace: str | None, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _delete(kind: str, namespace: str | None, name: str) -> str:
    return f"kubectl delete {kind.lower()} {name}" + (f" --namespace {namespace}" if namespace else "")
