"""Evaluates the rules about rights inside clusters over a stack's whole chain of access."""

from collections.abc import Iterable, Iterator
from itertools import chain

from eks_access.model.kubernetes_rights.catalogue import WRITES
from eks_access.model.kubernetes_rights.grading import is_everything
from eks_access.model.kubernetes_rights.request import ANY

from ...access import Access, Binding, EffectiveRule, Role, Subject, may_be_same_cluster
from ...finding import Finding, Rule
from ...rules.rbac import (
    ANONYMOUS,
    AUTHENTICATED,
    CLUSTER_WIDE,
    DEFAULT_ACCOUNT,
    DEFAULT_ROLE,
    MASTERS,
    MISSING_ROLE,
    UNBOUND_ROLE,
)
from ..settings import Settings
from .violations import Violation, find_mandatory, find_violations

_ANONYMOUS_SUBJECTS = ("system:anonymous", "system:unauthenticated")
_AUTHENTICATED_GROUPS = ("system:authenticated", "system:serviceaccounts")
_NAMESPACE_ACCOUNTS = "system:serviceaccounts:"
_MASTERS = "system:masters"
_PUBLIC_ROLES = ("system:basic-user", "system:discovery", "system:public-info-viewer")
"""The roles that Kubernetes itself binds to every authenticated caller."""
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
"""Kubernetes' own resources that are not namespaced."""


def evaluate(access: Access, settings: Settings) -> Iterator[Finding]:
    accepted = settings.accepts_rule
    yield from _check_rules((each for each in access.effective_rules if not accepted(each)), access)
    for binding in access.bindings:
        if not (binding.subjects and all(map(settings.accepts_subject, binding.subjects))):
            yield from _check_binding(binding, access, settings)
    bound = {role for binding in access.bindings for role in [access.find_role(binding)] if role is not None}
    for role in access.roles:
        yield from _check_role(role, role in bound, access)


def _check_rules(rules: Iterable[EffectiveRule], access: Access) -> Iterator[Finding]:
    """One finding for each pack rule that a chain of access violates, however many of the role's rules violate it."""
    by_chain: dict[tuple[Rule, str, str], tuple[EffectiveRule, list[Violation]]] = {}
    for effective in rules:
        if effective.association is not None and is_everything(effective.rule):
            continue  # an administrator's access policy, which a separate rule reports
        for violation in find_violations(effective, access):
            key = (violation.rule, effective.resource.urn, effective.chain)
            by_chain.setdefault(key, (effective, []))[1].append(violation)
    for (rule, urn, way), (effective, violations) in by_chain.items():
        verbs = _list_few(dict.fromkeys(chain.from_iterable(each.verbs for each in violations)))
        resources = _list_few(dict.fromkeys(chain.from_iterable(each.resources for each in violations)))
        sentences = "; ".join(dict.fromkeys(each.sentence for each in violations))
        yield Finding(rule, f"{way} may {verbs} {resources} {effective.where}: {sentences}.", urn=urn)


def _list_few(names: Iterable[str], most: int = 8) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def _check_binding(binding: Binding, access: Access, settings: Settings) -> Iterator[Finding]:
    for subject in binding.subjects:
        if not settings.accepts_subject(subject):
            yield from _check_subject(binding, subject)
    role = access.find_role(binding)
    if role is None and "role" not in binding.unknown_fields:
        yield _report_missing_role(binding)
    elif role is not None and binding.namespace is None:
        yield from _check_cluster_wide(binding, role, access)


def _check_subject(binding: Binding, subject: Subject) -> Iterator[Finding]:
    urn, grant = binding.resource.urn, f"{binding} gives {binding.role_kind} {binding.role_name} to {subject}"
    if subject.kind != "ServiceAccount" and subject.name in _ANONYMOUS_SUBJECTS:
        if binding.role_name != "system:public-info-viewer":
            message = f"{grant}: to every caller that reaches the API server, without authentication."
            yield Finding(ANONYMOUS, message, urn=urn)
    elif subject.kind == "Group" and subject.name in _AUTHENTICATED_GROUPS:
        if binding.role_name not in _PUBLIC_ROLES:
            is_everyone = subject.name == _AUTHENTICATED_GROUPS[0]
            members = "every authenticated caller" if is_everyone else "every pod in the cluster"
            yield Finding(AUTHENTICATED, f"{grant}: to {members}.", urn=urn)
    elif subject.kind == "Group" and subject.name == _MASTERS:
        yield Finding(MASTERS, f"{grant}, whose members bypass RBAC and may do everything anyway.", urn=urn)
    elif subject.kind == "Group" and subject.name.startswith(_NAMESPACE_ACCOUNTS):
        namespace = subject.name.removeprefix(_NAMESPACE_ACCOUNTS)
        yield Finding(DEFAULT_ACCOUNT, f"{grant}: to every pod of {namespace}.", urn=urn)
    elif subject.kind == "ServiceAccount" and subject.name == "default":
        message = f"{grant}: to every pod of {subject.namespace} that names no other service account."
        yield Finding(DEFAULT_ACCOUNT, message, urn=urn)


def _report_missing_role(binding: Binding) -> Finding:
    role = f"{binding.role_kind or 'a role'} {binding.role_name or 'without a name'}"
    place = f" in namespace {binding.namespace}" if binding.role_kind == "Role" and binding.namespace else ""
    subjects = _list_few(map(str, binding.subjects)) or "no subject"
    is_role_cluster_wide = binding.namespace is None and binding.role_kind == "Role"
    reason = "a ClusterRoleBinding binds ClusterRoles only" if is_role_cluster_wide else f"{role} is not in this stack"
    return Finding(
        MISSING_ROLE, f"{binding} gives {role}{place} to {subjects}, but {reason}.", urn=binding.resource.urn
    )


def _check_cluster_wide(binding: Binding, role: Role, access: Access) -> Iterator[Finding]:
    """Report writes and named reads of namespaced objects; only reading kinds everywhere needs a cluster-wide role."""
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
            f"{binding} gives {role} to {_list_few(map(str, binding.subjects))} in every namespace, although it has"
            f" rules for namespaced objects only ({_list_few(writes, 4)}).",
            urn=binding.resource.urn,
        )


def _has_cluster_scoped(resources: Iterable[str]) -> bool:
    return any(resource == ANY or resource.partition("/")[0] in _CLUSTER_SCOPED for resource in resources)


def _check_role(role: Role, is_bound: bool, access: Access) -> Iterator[Finding]:
    assert role.resource is not None
    rights = access.list_rules(role)
    severe = find_mandatory(rights)
    everything = any(map(is_everything, rights))
    if not severe and not everything:
        return
    words = "can do everything" if everything else _list_few((right.describe(()) for right in severe), 2)
    wider = [label.removeprefix(_AGGREGATE_TO) for label in role.labels if label.startswith(_AGGREGATE_TO)]
    into = [name for name in wider if role.labels[f"{_AGGREGATE_TO}{name}"] == "true"]
    if into:
        message = f"{role} is aggregated into {_list_few(into)} by its label, so every subject with that role {words}."
        yield Finding(DEFAULT_ROLE, message, urn=role.resource.urn)
    elif not is_bound and not _is_aggregated(role, access):
        message = f"every subject bound to {role} {words}; no binding in this stack names it."
        yield Finding(UNBOUND_ROLE, message, urn=role.resource.urn)


def _is_aggregated(role: Role, access: Access) -> bool:
    """Whether another role of the stack includes this one's rules by aggregation."""
    return any(
        selector.items() <= role.labels.items()
        for other in access.roles
        if may_be_same_cluster(other.cluster, role.cluster)
        for selector in other.aggregates
    )
