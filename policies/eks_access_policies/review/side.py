"""One side of a review: the access of every principal, as plain data, whatever file it was read from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..access import Permission
from ..iam import Statement
from ..resource_types import NotEvaluated


@dataclass(frozen=True)
class RuleSet:
    """Rules that are granted together: those of an access policy, or of a role that is bound."""

    label: str
    """The name that reports show: `AmazonEKSViewPolicy`, `ClusterRole cado-read`."""
    rules: frozenset[Permission]
    namespaces: tuple[str, ...] | None
    """Where they apply; None is the whole cluster. Only access policies have patterns such as `dev-*`."""
    is_policy: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """Something that gives rights, and of which only the name is in the stack: a policy, or a group."""

    what: str
    """`managed policy`, `inline policy` or `group`."""
    name: str


@dataclass(frozen=True)
class PrincipalAccess:
    """A role, user or subject, and all its access. `ids` identify it on the other side; one in common is enough."""

    name: str
    ids: tuple[str, ...]
    trust: tuple[Statement, ...] | None = ()
    """The statements of its trust policy; None if that is unknown."""
    statements: tuple[Statement, ...] = ()
    """The statements of its policies, but for those of AWS that are attached to it."""
    aws_policies: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    """The statements of the managed policies of AWS that are attached to it, by ARN."""
    elsewhere: frozenset[Elsewhere] = frozenset()
    """What else gives it rights, which are not in the stack."""
    boundary: str | None = None
    """The ARN of its permissions boundary."""
    boundary_statements: tuple[Statement, ...] | None = None
    """The statements of its permissions boundary; None if it has none, or its document is not known."""
    is_shown_by_others: bool = False
    """Whether principals of this side have all that it has: those to which a policy is attached."""
    clusters: Mapping[str, Sequence[RuleSet]] = field(default_factory=dict)
    """Its rules, by the cluster's name."""
    entered: frozenset[str] = frozenset()
    """Clusters with an access entry or a mapping for it, with or without rules."""
    unknown: frozenset[str] = frozenset()
    """What could not be determined, as phrases such as "its trust policy is …"."""

    @property
    def all_statements(self) -> tuple[Statement, ...]:
        """The statements of all of its policies."""
        return (*self.statements, *(each for statements in self.aws_policies.values() for each in statements))

    @property
    def all_clusters(self) -> frozenset[str]:
        """Every cluster that it enters or has rules in."""
        return self.entered | self.clusters.keys()


@dataclass(frozen=True)
class Side:
    """All principals that were read from one file."""

    origin: str
    """What was read, as reports show it: "the preview `dev`"."""
    principals: tuple[PrincipalAccess, ...]
    unknown: tuple[str, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()
    """Resources that may give access and were not evaluated, in all or in part."""

    def pair_principals(self, head: "Side") -> Iterator[tuple[PrincipalAccess | None, PrincipalAccess | None]]:
        """Pair each principal of this side with the same one of `head`; None on the side where it is missing."""
        partners: dict[int, PrincipalAccess] = {}
        free = {id(principal) for principal in self.principals}
        # Whom AWS takes for the same has the same ARN, whatever its resource is called in the program.
        for is_of_rank in (_is_arn, _is_name, _is_urn):
            by_id = {
                identity: principal
                for principal in reversed(self.principals)
                if id(principal) in free
                for identity in filter(is_of_rank, principal.ids)
            }
            for principal in head.principals:
                if id(principal) not in partners:
                    same = (by_id[identity] for identity in principal.ids if identity in by_id)
                    before = next((each for each in same if id(each) in free), None)
                    if before is not None:
                        partners[id(principal)] = before
                        free.remove(id(before))
        for principal in head.principals:
            yield partners.get(id(principal)), principal
        for principal in self.principals:
            if id(principal) in free:
                yield principal, None


def _is_arn(identity: str) -> bool:
    return identity.startswith("arn:")


def _is_urn(identity: str) -> bool:
    return identity.startswith("urn:")


def _is_name(identity: str) -> bool:
    return not _is_arn(identity) and not _is_urn(identity)


NO_ACCESS = PrincipalAccess("", ())
"""The access of a principal on the side where it is missing."""
