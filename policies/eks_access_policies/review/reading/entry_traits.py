"""What an access entry, or a mapping in aws-auth, makes of a principal in a cluster, as traits."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from eks_access.aws_auth.mapping import NODE_GROUPS, TEMPLATES
from eks_access.model.identity import EntryMethod

from ...access import Access, Binding, Entry, username_template
from ...access.names import (
    MASTERS,
    NameProblem,
    UsernameProblem,
    Usernames,
    find_reserved_prefix,
    has_derived_username,
    is_node,
)
from ...finding import Severity
from ..formatting import quote_name
from ..side import Kind, Trait

_EVERYONE = "system:authenticated"
_SERVICE_ACCOUNTS = "system:serviceaccounts"
_DERIVED = "(derived from the principal by EKS)"


class EntryTraits:
    """Reads the traits of entries. The whole stack decides whose a username is, and what a group is bound to."""

    def __init__(self, access: Access) -> None:
        self._usernames = Usernames(access.entries)
        self._bound = _find_bound_groups(access.bindings)
        self._effective = set(map(id, access.effective_entries))

    def of(self, entry: Entry) -> Iterator[Trait]:
        groups = [self._group(name, entry) for name in dict.fromkeys(entry.groups)]
        if "groups" in entry.unknown_fields:
            groups.append(Trait(Kind.GROUP, "", is_known=False))
        if id(entry) not in self._effective:
            yield from map(_shadow, groups)
            return
        yield from groups
        if "type" in entry.unknown_fields:
            yield Trait(Kind.WAY_IN, "", is_known=False)
        else:
            yield _way_in(entry)
        yield self._username(entry)

    def _group(self, name: str, entry: Entry) -> Trait:
        trait = Trait(Kind.GROUP, name, lost="is no longer in this group", where="as a group")
        if name == MASTERS:
            rejected = ", but EKS rejects this group in an access entry"
            note = rejected if entry.method is EntryMethod.ACCESS_ENTRY else ""
            risk = f"bypasses RBAC and can do everything{note}"
            return replace(trait, gained=risk, severity=Severity.CRITICAL)
        if name == _EVERYONE:
            return Trait(Kind.GROUP, name)
        if name in NODE_GROUPS:
            if is_node(entry):
                return replace(trait, gained="", lost="")
            risk = "has the rights of a node without being one"
            return replace(trait, gained=risk, severity=Severity.HIGH)
        if any(template in name for template in TEMPLATES):
            return replace(trait, gained="can choose its group by its session name", severity=Severity.HIGH)
        if name == _SERVICE_ACCOUNTS or name.startswith(f"{_SERVICE_ACCOUNTS}:"):
            namespace = name.removeprefix(_SERVICE_ACCOUNTS).removeprefix(":")
            of = f"namespace {quote_name(namespace)}" if namespace else "the cluster"
            risk = f"has the rights that all service accounts of {of} have"
            return replace(trait, gained=risk, severity=Severity.HIGH)
        if find_reserved_prefix(name):
            risk = "is in a group that is reserved for components of Kubernetes and EKS"
            return replace(trait, gained=risk, severity=Severity.HIGH)
        if self._is_bound(name, entry.cluster):
            return replace(trait, gained="", lost="")
        return replace(trait, gained="nothing in the stack binds this group: what it may do is decided elsewhere")

    def _is_bound(self, group: str, cluster: str) -> bool:
        """Whether the stack binds a group in a cluster that may be this one, so that its rules are compared."""
        clusters: Set[str] = self._bound.get(group, frozenset())
        return bool(clusters & {cluster, ""}) if cluster else bool(clusters)

    def _username(self, entry: Entry) -> Trait:
        if "username" in entry.unknown_fields:
            return Trait(Kind.USERNAME, "", is_known=False)
        if has_derived_username(entry):
            return _own_username(_DERIVED)
        name = username_template(entry)
        if is_node(entry):
            return replace(_own_username(name), gained="can act as a node of the cluster", severity=Severity.MEDIUM)
        if problem := self._usernames.find_problem(entry):
            return replace(_own_username(name), gained=_describe_problem(problem), severity=_rate_problem(problem))
        return _own_username(name)


def _find_bound_groups(bindings: Iterable[Binding]) -> dict[str, set[str]]:
    """The clusters in which each group is bound."""
    found: dict[str, set[str]] = defaultdict(set)
    for binding in bindings:
        for subject in binding.subjects:
            if subject.kind == "Group":
                found[subject.name].add(binding.cluster)
    return found


def _own_username(name: str) -> Trait:
    return Trait(
        Kind.USERNAME,
        name,
        "acts under another username, to which bindings elsewhere may give rights",
        severity=Severity.LOW,
        where="as its username",
    )


def _describe_problem(problem: UsernameProblem) -> str:
    if problem.kind is NameProblem.CHOSEN:
        return "can choose its username by its session name, and with it take that of another"
    other = f": {quote_name(problem.other)}" if problem.other else ""
    return f"acts under a username that is not its own: it {problem.kind.value}{other}"


def _rate_problem(problem: UsernameProblem) -> Severity:
    return Severity.MEDIUM if problem.kind is NameProblem.SHARED else Severity.HIGH


def _way_in(entry: Entry) -> Trait:
    method = "access entry" if entry.method is EntryMethod.ACCESS_ENTRY else "mapping in aws-auth"
    if entry.type != "STANDARD":
        method = f"{method} of type {entry.type}"
        return Trait(
            Kind.WAY_IN, method, "can sign in as a node of the cluster", "", Severity.MEDIUM, where="as its way in"
        )
    return Trait(Kind.WAY_IN, method, "signs in by another way", "", Severity.LOW, where="as its way in")


def _shadow(trait: Trait) -> Trait:
    """A group of a mapping that has no effect yet."""
    if not trait.is_known:
        return replace(trait, kind=Kind.SHADOWED_GROUP)
    return replace(
        trait,
        kind=Kind.SHADOWED_GROUP,
        gained="has a group in aws-auth, which takes effect when its access entry is removed",
        lost="",
        severity=trait.severity or Severity.LOW,
    )
