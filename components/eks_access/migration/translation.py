"""What an access entry needs to have to give what a mapping gives, or why none can. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from ..aws_auth.mapping import EC2_PRIVATE_DNS_NAME, NODE_GROUPS, TEMPLATES, is_protected
from ..aws_auth.reader import Identity, read
from ..model.arn import Arn, is_service_linked_role
from ..model.identity import RESERVED_PREFIXES, AccessPolicy
from .state import AWS_AUTH, ORIGIN_TAG, Binding, ClusterState

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
ADMIN = AccessPolicy("AmazonEKSClusterAdminPolicy")
PREFIX = "migrated:"
"""Of the groups and binding copies that take the place of a group which entries may not have."""
NODE_TYPES = {
    (f"system:node:{EC2_PRIVATE_DNS_NAME}", frozenset(NODE_GROUPS[:2])): "EC2_LINUX",
    (f"system:node:{EC2_PRIVATE_DNS_NAME}", frozenset((*NODE_GROUPS[:2], NODE_GROUPS[3]))): "EC2_WINDOWS",
    ("system:node:{{SessionName}}", frozenset(NODE_GROUPS[:3])): "FARGATE_LINUX",
    ("system:node:{{SessionName}}", frozenset(NODE_GROUPS[:2])): "HYBRID_LINUX",
}
"""By username and groups, as AWS's pages have the mappings of nodes.

https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
https://docs.aws.amazon.com/eks/latest/userguide/hybrid-nodes-cluster-prep.html
"""
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_SESSION_NAME = "{{SessionName}}"


@dataclass(frozen=True)
class BindingCopy:
    """A copy of a binding with one subject, the group that takes the place of a reserved one."""

    source: Binding
    reserved_group: str
    is_there: bool = False

    @property
    def group(self) -> str:
        return PREFIX + self.reserved_group

    @property
    def name(self) -> str:
        """Unique for the binding and the group, and legal wherever the binding's own name is."""
        return f"{PREFIX}{self.source.name}:{sha256(self.reserved_group.encode()).hexdigest()[:8]}"

    @property
    def binding(self) -> Binding:
        return replace(self.source, name=self.name, groups=(self.group,), has_other_subjects=False)


@dataclass(frozen=True)
class PlannedEntry:
    """An access entry to make. A username of None is one that EKS makes itself."""

    principal_arn: str
    unique_id: str | None
    type: str = "STANDARD"
    username: str | None = None
    groups: tuple[str, ...] = ()
    policy: AccessPolicy | None = None


@dataclass(frozen=True)
class Translation:
    """The entry and the binding copies that it needs; `notes` say how what it gives differs from the mapping."""

    entry: PlannedEntry
    bindings: tuple[BindingCopy, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocked:
    """No entry gives what the mapping gives. With `is_unread`, because something could not be read."""

    why: str
    advice: str
    is_unread: bool = False


def translate(identity: Identity, arn: Arn, unique_id: str | None, state: ClusterState) -> Translation | Blocked:
    """The entry that takes the place of a mapping of this identity for this role or user."""
    if is_service_linked_role(arn):
        return Blocked(
            "is a service-linked role, whose entries only AWS's own service makes",
            "Remove the mapping once the service has its entry.",
        )
    if is_protected(identity):
        return _translate_node(identity, arn, unique_id, state)
    notes: list[str] = []
    username = _translate_username(identity.username, arn, notes)
    if isinstance(username, Blocked):
        return username
    groups = dict.fromkeys(_fill(group, arn) for group in identity.groups)
    if "" in groups:
        notes.append("an empty group is left out: no binding can name it")
    for group in groups:
        if "{{" in group:
            return Blocked(
                f"group {group!r} is a template, by which callers choose their groups",
                "Give the mapping the group's name.",
            )
    reserved = [group for group in groups if group.startswith(RESERVED_PREFIXES) and group != AUTHENTICATED]
    kept = [group for group in groups if group and not group.startswith(RESERVED_PREFIXES)]
    entry = PlannedEntry(str(arn), unique_id, "STANDARD", username)
    if MASTERS in reserved:
        others = [group for group in reserved if group != MASTERS]
        notes.append(f"{ADMIN.name} in place of {MASTERS}: all rights, but by authorization, which the group bypasses")
        if others:
            notes.append(f"without {', '.join(others)}: the policy has all that bindings may give")
        return Translation(replace(entry, groups=tuple(kept), policy=ADMIN), (), tuple(notes))
    copies: list[BindingCopy] = []
    for group in reserved:
        copied = _copy_bindings(group, state)
        if isinstance(copied, Blocked):
            return copied
        copies += copied
        if copied:
            kept.append(PREFIX + group)
            notes.append(f"group {PREFIX}{group} in place of {group}: later bindings of the latter need a copy too")
        else:
            notes.append(f"without group {group}: no binding names it")
    return Translation(replace(entry, groups=tuple(kept)), tuple(copies), tuple(notes))


def default_username(arn: Arn) -> str:
    """The username that EKS makes for an entry without one.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    if arn.kind != "role":
        return str(arn)
    return f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{arn.name}/{_SESSION_NAME}"


def _translate_node(identity: Identity, arn: Arn, unique_id: str | None, state: ClusterState) -> Translation | Blocked:
    kind = NODE_TYPES.get((identity.username, frozenset(identity.groups)))
    if kind is None:
        return Blocked(
            "is a mapping of nodes with another username or other groups than EKS's own, and node entries have none",
            "Bring the mapping into the form of EKS's documentation, or split off what is not for nodes.",
        )
    if arn.kind != "role":
        return Blocked("is a user, and entries of nodes are for roles", "Let the nodes use a role.")
    if state.account not in (None, arn.account):
        return Blocked(
            "is a role of another account, and entries of nodes are for roles of the cluster's own",
            "Give the nodes a role of the cluster's account.",
        )
    return Translation(PlannedEntry(str(arn), unique_id, kind))


def _translate_username(username: str, arn: Arn, notes: list[str]) -> str | Blocked | None:
    filled = _fill(username, arn)
    if not filled:
        notes.append(f"username {default_username(arn)!r}, which EKS makes, in place of an empty one")
        return None
    for template in _TEMPLATE.findall(filled):
        if template != _SESSION_NAME:
            known = template in (*TEMPLATES, EC2_PRIVATE_DNS_NAME)
            why = "EKS documents for no access entry" if known else "is no template, and EKS may not take it literally"
            return Blocked(f"username {username!r} has {template}, which {why}", "Give the mapping another username.")
    for prefix in RESERVED_PREFIXES:
        if filled.startswith(prefix):
            return Blocked(
                f"username {username!r} begins with {prefix!r}, which EKS reserves",
                "Give the mapping another username, and name that one in bindings too.",
            )
    before, session, _ = filled.partition(_SESSION_NAME)
    if session and ":" not in before:
        return Blocked(
            f"username {username!r} has no colon before {_SESSION_NAME}, which EKS demands",
            "Put a prefix before it, as in 'team:{{SessionName}}', in bindings that name users too.",
        )
    return filled


def _fill(template: str, arn: Arn) -> str:
    """With the values that are the same for every session of the principal; a user has no session name."""
    filled = template.replace("{{AccountID}}", arn.account)
    if arn.kind == "user":
        filled = filled.replace(_SESSION_NAME, "").replace("{{SessionNameRaw}}", "")
    return filled


def _copy_bindings(group: str, state: ClusterState) -> list[BindingCopy] | Blocked:
    if state.bindings is None:
        return Blocked(
            f"group {group} needs copies of its bindings, which could not be read: {state.bindings_problem}",
            "Plan with rights to list roles' bindings.",
            is_unread=True,
        )
    copies = [BindingCopy(each, group) for each in state.bindings if group in each.groups]
    if copies and (holder := _find_holder(PREFIX + group, state)):
        return Blocked(
            f"{holder} has group {PREFIX}{group} already, and would get what the copies of {group}'s bindings give",
            f"Take {PREFIX}{group} from it.",
        )
    expected = {_identify(copy.binding): copy for copy in copies}
    found: set[tuple[str | None, str]] = set()
    for each in state.bindings:
        copy = expected.get(_identify(each))
        if copy is not None and each == copy.binding:
            found.add(_identify(each))
        elif copy is not None or PREFIX + group in each.groups:
            return Blocked(
                f"{each} is there with other subjects or another role than a copy for group {group} has",
                f"Find out who made it, and remove it, or {PREFIX}{group} from it.",
            )
    return [replace(copy, is_there=_identify(copy.binding) in found) for copy in copies]


def _find_holder(group: str, state: ClusterState) -> str:
    """What else gives the group that copies are to be for; empty if nothing does."""
    for entry in state.entries:
        if group in entry.groups and entry.tags.get(ORIGIN_TAG) != AWS_AUTH:
            return f"the access entry of {entry.principal_arn}"
    reading = read(state.aws_auth or {})
    mapped = ((arn, it) for maps in (reading.roles, reading.users) for arn, it in maps.items())
    return next((f"the mapping of {arn}" for arn, identity in mapped if group in identity.groups), "")


def _identify(binding: Binding) -> tuple[str | None, str]:
    return binding.namespace, binding.name


def sort_copies(copies: Iterable[BindingCopy]) -> list[BindingCopy]:
    """Each copy once: mappings share them."""
    return list({(copy.source.namespace, copy.name): copy for copy in copies}.values())
