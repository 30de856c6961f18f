"""What the usernames of entries mean: whose name one is, and who chooses it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from eks_access.model.identity import RESERVED_PREFIXES, EntryMethod

from .chain import username_template
from .model import Entry, Principal
from .principals import canonicalize

MASTERS = "system:masters"
_NODE_NAMES = ("system:node:{{EC2PrivateDNSName}}", "system:node:{{SessionName}}")
"""https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html"""
_SESSION = re.compile(r"\{\{SessionName(Raw)?\}\}")
_COMPONENT = re.compile(r"(kube|kubernetes)-.+|kubelet|apiserver|aws-node|coredns")
"""Names of the components and administrators of clusters, as kubeadm and EKS have them."""


class NameProblem(Enum):
    """Why a username is not its principal's own; the values are used in messages."""

    CHOSEN = "has no prefix with a colon before the session name, which the caller chooses"
    RESERVED = "has a prefix that is reserved for components of Kubernetes and EKS"
    COMPONENT = "is the name of a component or administrator of the cluster"
    ANOTHER = "is the ARN of another principal"
    SHARED = "is another principal's username as well"


@dataclass(frozen=True)
class UsernameProblem:
    kind: NameProblem
    other: Principal | None = None
    """Who has the username as well, if it is shared."""

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.other}" if self.other else self.kind.value


def is_node(entry: Entry) -> bool:
    """Whether this is how EKS maps a node, a Fargate profile or a Windows node: a role, and never a user."""
    if entry.type != "STANDARD":
        return True
    is_mapped_role = entry.method is EntryMethod.AWS_AUTH and entry.principal.kind != "user"
    return is_mapped_role and entry.username in _NODE_NAMES


def has_derived_username(entry: Entry) -> bool:
    """Whether EKS gives the username: always that of a node's access entry, and where none is given, or the same."""
    if entry.method is not EntryMethod.ACCESS_ENTRY:
        return False
    if entry.type != "STANDARD":
        return True
    derived = username_template(Entry(entry.resource, entry.method, entry.principal, entry.cluster))
    return not entry.username or entry.username.lower() == derived.lower()


def find_reserved_prefix(name: str) -> str | None:
    return next((prefix for prefix in RESERVED_PREFIXES if name.startswith(prefix)), None)


class Usernames:
    """The usernames of all entries, in every cluster, to find the ones that are not their principal's own."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._holders: dict[str, dict[str, dict[str, Principal]]] = defaultdict(lambda: defaultdict(dict))
        """Principals by their key, by the cluster, by the username's template; "*" has those of all clusters."""
        for entry in entries:
            if not is_node(entry) and (template := username_template(entry)):
                for cluster in (entry.cluster, "*"):
                    self._holders[template][cluster][entry.principal.key] = entry.principal

    def find_problem(self, entry: Entry) -> UsernameProblem | None:
        """Why the entry's username is not its own; None if it is, or if nothing shows that it is not."""
        if is_node(entry) or has_derived_username(entry):
            return None
        session = _SESSION.search(entry.username)
        if find_reserved_prefix(entry.username):
            return UsernameProblem(NameProblem.RESERVED)
        if session and ":" not in entry.username[: session.start()]:
            return UsernameProblem(NameProblem.CHOSEN)
        if _COMPONENT.fullmatch(entry.username):
            return UsernameProblem(NameProblem.COMPONENT)
        if entry.username.startswith("arn:") and not _is_own_arn(entry):
            return UsernameProblem(NameProblem.ANOTHER)
        other = next(
            (found for each in _find_templates(entry.username) if (found := self._find_other(each, entry))), None
        )
        return UsernameProblem(NameProblem.SHARED, other) if other else None

    def _find_other(self, template: str, entry: Entry) -> Principal | None:
        """Another principal whose username has this template, in a cluster that may be the entry's."""
        if template not in self._holders:
            return None
        for cluster in (entry.cluster, "") if entry.cluster else ("*",):
            holders = self._holders[template].get(cluster, {})
            if len(holders) > (entry.principal.key in holders):
                return next(each for key, each in holders.items() if key != entry.principal.key)
        return None


def _is_own_arn(entry: Entry) -> bool:
    """Whether the username is the principal's ARN; while that is unknown, whether it ends in the principal's name."""
    named = canonicalize(entry.username)
    if entry.principal.arn:
        return named == canonicalize(entry.principal.arn)
    return named.rpartition("/")[2] == entry.principal.name.lower()


def _find_templates(username: str) -> Iterable[str]:
    """The username itself, and the templates of which it may be a session: `vendor:ci` of `vendor:{{SessionName}}`."""
    yield username
    if "{{" not in username:
        for match in re.finditer(r"[:/]", username):
            yield f"{username[: match.end()]}{{{{SessionName}}}}"
