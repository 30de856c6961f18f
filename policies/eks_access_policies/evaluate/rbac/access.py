"""The rules about rights inside clusters, applied to a stack's whole chain of access."""

from collections.abc import Iterable, Iterator
from itertools import chain

from ...access import Access, Binding, EffectiveRule, Role, may_be_same_cluster
from ...finding import Finding, Rule
from ...rules.rbac import (
    ANONYMOUS,
    AUTHENTICATED,
    CLUSTER_WIDE,
    DEFAULT_ACCOUNT,
    DEFAULT_ROLE,
    MASTERS,
    MISSING_ROLE,
    PAIRS,
    UNBOUND_ROLE,
)
from ..settings import Settings
from .dangers import ANY, DANGERS, WRITES
from .rule_dangers import Seen, dangers, is_everything

_NOT_SIGNED_IN = ("system:anonymous", "system:unauthenticated")
_SIGNED_IN = ("system:authenticated", "system:serviceaccounts")
_OF_A_NAMESPACE = "system:serviceaccounts:"
_MASTERS = "system:masters"
_FOR_EVERYONE = ("system:basic-user", "system:discovery", "system:public-info-viewer")
"""The roles that Kubernetes itself gives to everyone."""
_AGGREGATE_TO = "rbac.authorization.k8s.io/aggregate-to-"
_CLUSTER_SCOPED = frozenset(
    (  # noqa: SIM905 (a list of texts is no better to read)
        "namespaces nodes persistentvolumes componentstatuses clusterroles clusterrolebindings storageclasses"
        " customresourcedefinitions apiservices mutatingwebhookconfigurations validatingwebhookconfigurations"
        " mutatingadmissionpolicies mutatingadmissionpolicybindings validatingadmissionpolicies"
        " validatingadmissionpolicybindings certificatesigningrequests signers csidrivers csinodes volumeattachments"
        " ingressclasses priorityclasses runtimeclasses flowschemas prioritylevelconfigurations tokenreviews"
        " subjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews selfsubjectreviews users groups"
        " clustertrustbundles deviceclasses resourceslices servicecidrs ipaddresses volumeattributesclasses"
    ).split()
)
"""Kinds of Kubernetes' own that are in no namespace."""


def evaluate(access: Access, settings: Settings) -> Iterator[Finding]:
    accepted = settings.accepts_rule
    yield from _held((held for held in access.effective_rules if not accepted(held)), access)
    for binding in access.bindings:
        if not (binding.subjects and all(map(settings.accepts_subject, binding.subjects))):
            yield from _binding(binding, access, settings)
    bound = {role for binding in access.bindings for role in [access.find_role(binding)] if role is not None}
    for role in access.roles:
        yield from _role(role, role in bound, access)


def _held(rights: Iterable[EffectiveRule], access: Access) -> Iterator[Finding]:
    """One finding for each rule that a holder's way to a role breaks, however many of the role's rules break it."""
    together: dict[tuple[Rule, str, str], tuple[EffectiveRule, list[Seen]]] = {}
    for held in rights:
        if held.association is not None and is_everything(held.rule):
            continue  # an administrator's access policy, which has a rule of its own
        for seen in dangers(held, access):
            key = (seen.rule, held.resource.urn, held.chain)
            together.setdefault(key, (held, []))[1].append(seen)
    for (rule, urn, way), (held, all_seen) in together.items():
        verbs = dict.fromkeys(chain.from_iterable(seen.verbs for seen in all_seen))
        resources = dict.fromkeys(chain.from_iterable(seen.resources for seen in all_seen))
        words = "; ".join(dict.fromkeys(seen.words for seen in all_seen))
        yield Finding(rule, f"{way} may {_listed(verbs)} {_listed(resources)} {held.where}: {words}.", urn=urn)


def _listed(names: Iterable[str], most: int = 8) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def _binding(binding: Binding, access: Access, settings: Settings) -> Iterator[Finding]:
    urn = binding.resource.urn
    for subject in binding.subjects:
        if settings.accepts_subject(subject):
            continue
        to = f"{binding} gives {binding.role_kind} {binding.role_name} to {subject}"
        if subject.kind != "ServiceAccount" and subject.name in _NOT_SIGNED_IN:
            if binding.role_name != "system:public-info-viewer":
                yield Finding(ANONYMOUS, f"{to}: to everyone who reaches the API server, without signing in.", urn=urn)
        elif subject.kind == "Group" and subject.name in _SIGNED_IN:
            if binding.role_name not in _FOR_EVERYONE:
                whom = "everyone who can sign in" if subject.name == _SIGNED_IN[0] else "every pod in the cluster"
                yield Finding(AUTHENTICATED, f"{to}: to {whom}.", urn=urn)
        elif subject.kind == "Group" and subject.name == _MASTERS:
            yield Finding(MASTERS, f"{to}, whose members may do everything anyway, past RBAC.", urn=urn)
        elif subject.kind == "Group" and subject.name.startswith(_OF_A_NAMESPACE):
            place = subject.name.removeprefix(_OF_A_NAMESPACE)
            yield Finding(DEFAULT_ACCOUNT, f"{to}: to every pod of {place}.", urn=urn)
        elif subject.kind == "ServiceAccount" and subject.name == "default":
            yield Finding(DEFAULT_ACCOUNT, f"{to}: to every pod of {subject.namespace} that names no other.", urn=urn)
    role = access.find_role(binding)
    if role is None and "role" not in binding.unknown_fields:
        yield _missing(binding)
    elif role is not None and binding.namespace is None:
        yield from _cluster_wide(binding, role, access)


def _missing(binding: Binding) -> Finding:
    named = f"{binding.role_kind or 'a role'} {binding.role_name or 'without a name'}"
    place = f" in namespace {binding.namespace}" if binding.role_kind == "Role" and binding.namespace else ""
    to_whom = _listed(map(str, binding.subjects)) or "nobody"
    why = (
        "a ClusterRoleBinding binds ClusterRoles only" if _binds_a_role_everywhere(binding) else "is not in this stack"
    )
    return Finding(
        MISSING_ROLE, f"{binding} gives {named}{place} to {to_whom}, and {named} {why}.", urn=binding.resource.urn
    )


def _binds_a_role_everywhere(binding: Binding) -> bool:
    return binding.namespace is None and binding.role_kind == "Role"


def _cluster_wide(binding: Binding, role: Role, access: Access) -> Iterator[Finding]:
    """What is written, or named, is in some namespace; reading kinds everywhere is what cluster-wide roles are for."""
    rights = access.list_rules(role)
    if any(is_everything(right) or right.urls or _has_cluster_scoped(right.resources) for right in rights):
        return
    writes = dict.fromkeys(
        f"{verb} {resource}"
        for right in rights
        for verb in right.verbs
        if verb in WRITES or (right.names and verb == "get")
        for resource in right.resources
    )
    if writes:
        yield Finding(
            CLUSTER_WIDE,
            f"{binding} gives {role} to {_listed(map(str, binding.subjects))} in every namespace, and all of it is"
            f" about objects in namespaces ({_listed(writes, 4)}).",
            urn=binding.resource.urn,
        )


def _has_cluster_scoped(resources: Iterable[str]) -> bool:
    return any(resource == ANY or resource.partition("/")[0] in _CLUSTER_SCOPED for resource in resources)


def _role(role: Role, is_bound: bool, access: Access) -> Iterator[Finding]:
    assert role.resource is not None
    rights = access.list_rules(role)
    grave = [d for d in DANGERS if PAIRS[d.key].everywhere.is_mandatory and any(map(d.matched, rights))]
    everything = any(map(is_everything, rights))
    if not grave and not everything:
        return
    words = "does everything" if everything else _listed((danger.words for danger in grave), 2)
    wider = [label.removeprefix(_AGGREGATE_TO) for label in role.labels if label.startswith(_AGGREGATE_TO)]
    into = [name for name in wider if role.labels[f"{_AGGREGATE_TO}{name}"] == "true"]
    if into:
        adds = f"{role} is a part of {_listed(into)} by its label, and so everyone with that role {words}."
        yield Finding(DEFAULT_ROLE, adds, urn=role.resource.urn)
    elif not is_bound and not _is_part(role, access):
        yield Finding(
            UNBOUND_ROLE, f"whoever is bound to {role} {words}; nothing here binds it.", urn=role.resource.urn
        )


def _is_part(role: Role, access: Access) -> bool:
    """Whether another role of the stack has this one's rules by aggregation."""
    return any(
        selector.items() <= role.labels.items()
        for other in access.roles
        if may_be_same_cluster(other.cluster, role.cluster)
        for selector in other.aggregates
    )
