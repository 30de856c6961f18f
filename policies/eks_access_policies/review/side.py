"""One side of a review: the access of every principal, as plain data, whatever file it was read from."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..access import Permission
from ..finding import Severity
from ..iam import Statement
from ..resource_types import NotEvaluated
from .change import Plane

UNKNOWN_CLUSTER = "(a cluster not known yet)"


@dataclass(frozen=True)
class RuleSet:
    """Rules that are granted together: those of an access policy, or of a role that is bound."""

    label: str
    """The name that reports show: `AmazonEKSViewPolicy`, `ClusterRole cado-read`."""
    rules: frozenset[Permission]
    namespaces: tuple[str, ...] | None
    """Where they apply; None is the whole cluster. Only access policies have patterns such as `dev-*`."""
    is_policy: bool = False
    is_anonymous: bool = False
    """Whether they are for callers without authentication, who lack what every user may do."""
    least: Severity = Severity.LOW
    """The least severity of gaining it: what everyone gets is severe, however little it is."""
    is_elsewhere: bool = False
    """Whether it has no rules here because others decide about them: a role that is not in the stack."""


class Kind(StrEnum):
    """The kinds of traits."""

    WAY_IN = "way in"
    USERNAME = "username"
    GROUP = "group"
    SHADOWED_GROUP = "group of a mapping without effect"
    """Of a mapping in aws-auth that has no effect as long as the principal has an access entry."""
    ACCOUNT = "account"
    ADMINISTRATOR = "administrator"
    ROLE = "role"
    SESSION_POLICY = "session policy"
    MODE = "authentication mode"
    ISSUER = "issuer"
    REQUIRED_CLAIM = "required claim"
    USERNAME_PREFIX = "username prefix"
    GROUPS_PREFIX = "groups prefix"


@dataclass(frozen=True)
class Trait:
    """One part of who a principal is in a cluster."""

    kind: Kind
    value: str
    gained: str = field(default="", compare=False)
    """What gaining it makes possible; empty if other changes report that, such as those of its groups' rules."""
    lost: str = field(default="", compare=False)
    """What losing it means; empty if other changes report that."""
    severity: Severity | None = field(default=None, compare=False)
    """How severe it is to gain; None if what it allows is decided elsewhere."""
    where: str = field(default="", compare=False)
    name: str = field(default="", compare=False)
    """The value as reports show it, if it is not the value."""
    is_known: bool = True
    """False stands for values that are not known, which are reported as unknown, and not compared."""


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
    identities: Mapping[str, Set[Trait]] = field(default_factory=dict)
    """Who it is in each cluster, by the cluster's name."""
    unknown: frozenset[str] = frozenset()
    """What could not be determined, as phrases such as "its trust policy is …"."""
    unknown_planes: frozenset[Plane] = frozenset()
    """Trust or AWS, where some of that could not be determined: what seems to be lost there may be a part of it."""
    unknown_clusters: frozenset[str] = frozenset()
    """The clusters in which some of that could not be determined."""
    is_everyone: bool = False
    """Whether this is everyone with a role, who are neither new nor removed."""
    is_passed_on: bool = False
    """Whether its rules in clusters are those of other principals too, which are compared by themselves."""

    @property
    def all_statements(self) -> tuple[Statement, ...]:
        """The statements of all of its policies."""
        return (*self.statements, *(each for statements in self.aws_policies.values() for each in statements))

    @property
    def all_clusters(self) -> frozenset[str]:
        """Every cluster that it enters, has rules in, or has an identity in."""
        return self.entered | self.clusters.keys() | self.identities.keys()


@dataclass(frozen=True)
class Side:
    """All principals that were read from one file."""

    origin: str
    """What was read, as reports show it: "the preview `dev`"."""
    principals: tuple[PrincipalAccess, ...]
    unknown: tuple[str, ...] = ()
    unknown_clusters: frozenset[str] = frozenset()
    """The clusters in which anyone may have more than could be determined."""
    not_evaluated: tuple[NotEvaluated, ...] = ()
    """Resources that may give access and were not evaluated, in all or in part."""
    mapped: tuple[PrincipalAccess, ...] = ()
    """Subjects of bindings that an entry maps a principal to. Their rights are compared as that principal's; they are
    here for the other side, where no entry may be left: a group that loses its only member gains nothing by that."""

    def pair_principals(self, head: "Side") -> Iterator[tuple[PrincipalAccess | None, PrincipalAccess | None]]:
        """Pair each principal of this side with the same one of `head`; None on the side where it is missing."""
        mapped_before, mapped_after = _index_by_id(self.mapped), _index_by_id(head.mapped)
        for before, after in _pair(self.principals, head.principals):
            if after is None:
                assert before is not None
                yield before, _complete(None, before, mapped_after.get(before.ids[0]))
            else:
                completed = _complete(before, after, mapped_before.get(after.ids[0]))
                yield completed, after if before is None else _complete(after, before, mapped_after.get(after.ids[0]))


def _pair(
    base: Sequence[PrincipalAccess], head: Sequence[PrincipalAccess]
) -> Iterator[tuple[PrincipalAccess | None, PrincipalAccess | None]]:
    partners: dict[int, PrincipalAccess] = {}
    free = {id(principal) for principal in base}
    # To AWS the ARN is the principal, whatever its resource is called in the program.
    for is_of_rank in (_is_arn, _is_name, _is_urn):
        by_id = {
            identity: principal
            for principal in reversed(base)
            if id(principal) in free
            for identity in filter(is_of_rank, principal.ids)
        }
        for principal in head:
            if id(principal) not in partners:
                same = (by_id[identity] for identity in principal.ids if identity in by_id)
                before = next((each for each in same if id(each) in free), None)
                if before is not None:
                    partners[id(principal)] = before
                    free.remove(id(before))
    for principal in head:
        yield partners.get(id(principal)), principal
    for principal in base:
        if id(principal) in free:
            yield principal, None


def _complete(
    one: PrincipalAccess | None, other: PrincipalAccess, mapped: PrincipalAccess | None
) -> PrincipalAccess | None:
    """A subject with the rights that it has, by an entry, in the clusters where the other side has them by none."""
    rules = {
        cluster: rules for cluster, rules in (mapped.clusters if mapped else {}).items() if cluster in other.clusters
    }
    if mapped is None or not rules:
        return one
    own = one.clusters if one else {}
    return replace(one or mapped, clusters={**own, **{name: (*own.get(name, ()), *rules[name]) for name in rules}})


def _index_by_id(principals: Sequence[PrincipalAccess]) -> dict[str, PrincipalAccess]:
    """The first principal with each id."""
    return {identity: principal for principal in reversed(principals) for identity in principal.ids}


def _is_arn(identity: str) -> bool:
    return identity.startswith("arn:")


def _is_urn(identity: str) -> bool:
    return identity.startswith("urn:")


def _is_name(identity: str) -> bool:
    return not _is_arn(identity) and not _is_urn(identity)


NO_ACCESS = PrincipalAccess("", ())
"""The access of a principal on the side where it is missing."""
