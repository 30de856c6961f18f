"""What ways in give, in the words of the review and by the rules of the policy pack. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from eks_access.aws_auth.mapping import NODE_GROUPS, is_protected
from eks_access.aws_auth.reader import Identity
from eks_access_policies.access import Access, EffectiveRules, Subject, format_namespaces
from eks_access_policies.access.eks.entries import parse_policy_name, policy_rules
from eks_access_policies.access.model import ANONYMOUS, EVERYONE, PolicyAssociation
from eks_access_policies.access.names import MASTERS
from eks_access_policies.evaluate import eks
from eks_access_policies.evaluate.configuration import Configuration
from eks_access_policies.evaluate.rbac.violations import ViolationFinder
from eks_access_policies.finding import Rule, Severity
from eks_access_policies.review.change import Change
from eks_access_policies.review.kubernetes.rules import compare_rules
from eks_access_policies.review.reading.rule_sets import RuleSetBuilder
from eks_access_policies.review.side import RuleSet
from eks_access_policies.rules.eks import TWICE, UNBOUND_GROUP
from eks_access_policies.stack import Stack

from ..inventory import Binding, Danger, Method, Right
from .stack import urn_of
from .ways import WayIn

_EVERYONE = Subject("Group", EVERYONE[0])
_STATES = (UNBOUND_GROUP, TWICE)
"""Rules whose findings are problems of the inventory by themselves."""
_OF_MASTERS = Right(
    words="can do everything: members of system:masters bypass RBAC, and nothing in the cluster can limit them",
    what=("* *",),
    where="in the whole cluster",
    severity="critical",
)
_OF_NODES = Right(
    words="acts as a node: reads and reports what the pods on it need",
    what=(),
    where="in the whole cluster",
    severity="low",
)


class RightsWriter:
    """Puts rules into words: once for all principals and clusters that have the same ones."""

    def __init__(self) -> None:
        self._written: dict[frozenset[RuleSet], tuple[Right, ...]] = {}

    def write(self, rule_sets: Iterable[RuleSet]) -> tuple[Right, ...]:
        """The rights that rules give, the most severe first; and the roles whose rules could not be read."""
        key = frozenset(rule_sets)
        if key not in self._written:
            ordered = sorted(key, key=lambda each: (each.label, each.namespaces or ()))
            changes = compare_rules((), [each for each in ordered if not each.is_elsewhere])
            self._written[key] = (
                *(_describe_unread_role(each) for each in ordered if each.is_elsewhere),
                *map(_convert_right, sorted(changes, key=lambda change: change.order)),
            )
        return self._written[key]


def _describe_unread_role(rule_set: RuleSet) -> Right:
    where = format_namespaces(rule_set.namespaces)
    return Right(words=f"has what {rule_set.label} gives, which could not be read", what=(), where=where, severity="")


def _convert_right(change: Change) -> Right:
    severity = change.severity.name.lower() if change.severity else ""
    return Right(
        words=_strip(change.risk), what=tuple(map(_strip, change.what)), where=_strip(change.where), severity=severity
    )


def _strip(text: str) -> str:
    """The text without the back-ticks around names, which are for Markdown."""
    return text.replace("`", "")


@dataclass(frozen=True)
class WayRights:
    """What one way in gives."""

    rights: tuple[Right, ...] = ()
    bindings: tuple[Binding, ...] = ()
    dangers: tuple[Danger, ...] = ()
    labels: Sequence[Mapping[str, str]] = ()
    """The labels of the bindings, of which some tell which vendor they are for."""


@dataclass
class _Held:
    own: list[EffectiveRules] = field(default_factory=list)
    findings: list[tuple[Rule, str, PolicyAssociation | None]] = field(default_factory=list)
    """What the pack finds about an entry or mapping, or about one of its access policies."""


class ClusterRights:
    """The rights in one cluster, by its stack, with the ways in that the stack has."""

    def __init__(
        self,
        stack: Stack,
        ways: Sequence[WayIn],
        account: str,
        configuration: Configuration,
        writer: RightsWriter,
        *,
        has_rbac: bool,
    ) -> None:
        """`has_rbac`: whether all roles were read, so that one that is missing gives nothing."""
        self._access = Access(stack)
        self._account = account
        self._configuration = configuration
        self._writer = writer
        self._has_rbac = has_rbac
        self._violations = ViolationFinder(self._access)
        self._held: dict[str, _Held] = defaultdict(_Held)
        self._of_everyone: list[EffectiveRules] = []
        self._of_anonymous: list[EffectiveRules] = []
        self._principals = {entry.resource.urn: entry.principal for entry in self._access.entries}
        self._read(ways)

    @cached_property
    def everyone(self) -> tuple[Right, ...]:
        """What every user may do, beyond what Kubernetes gives to every user."""
        return self._write(self._of_everyone)

    @cached_property
    def anonymous(self) -> tuple[Right, ...]:
        """What callers without authentication may do, beyond what Kubernetes gives them."""
        return self._write(self._of_anonymous)

    def of(self, way: WayIn) -> WayRights:
        """What a way in gives, together with what every user has."""
        held = self._held[urn_of(way)]
        if way.type != "STANDARD":
            return WayRights((_OF_NODES,), dangers=tuple(self._find_dangers(way, held)))
        if way.method is Method.AWS_AUTH and MASTERS in way.groups:
            return WayRights((_OF_MASTERS,), dangers=tuple(self._find_dangers(way, held)))
        is_of_node = is_node(way)
        own = [each for each in held.own if not (is_of_node and each.subject and each.subject.name in NODE_GROUPS)]
        rights = [
            *([_OF_NODES] if is_of_node else []),
            *_describe_unknown_policies(way),
            *self._write(own),
            *self.everyone,
        ]
        bound = [each for each in own if each.binding is not None]
        return WayRights(
            tuple(dict.fromkeys(rights)),
            tuple(dict.fromkeys(map(_convert_binding, bound))),
            tuple(self._find_dangers(way, held)),
            [_labels_of(each) for each in bound],
        )

    def _write(self, held: Sequence[EffectiveRules]) -> tuple[Right, ...]:
        known = [each for each in held if not (self._has_rbac and each.role is not None and each.role.is_missing)]
        return self._writer.write(RuleSetBuilder().build([known])) if known else ()

    def _read(self, ways: Sequence[WayIn]) -> None:
        entry_of_principal = {way.key: urn_of(way) for way in ways if way.method is Method.ENTRY}
        for held in self._access.effective_rules:
            if held.association is not None:
                if urn := entry_of_principal.get(held.association.principal.key):
                    self._held[urn].own.append(held)
                continue
            for entry in held.entries:
                self._held[entry.resource.urn].own.append(replace(held, entries=(entry,)))
            if held.subject == _EVERYONE:
                self._of_everyone.append(held)
            elif held.subject in ANONYMOUS:
                self._of_anonymous.append(held)
        associations = {each.resource.urn: each for each in self._access.associations}
        own = (self._account, *self._configuration.shared.accounts)
        # Everything is found first, so that what is accepted is shown as such.
        settings = replace(self._configuration.shared, accounts=own, allowed_principals=(), namespaces=())
        for finding in eks.evaluate(self._access, settings, frozenset(own)):
            association = associations.get(finding.urn)
            urn = entry_of_principal.get(association.principal.key, "") if association else finding.urn
            if finding.rule not in _STATES:
                self._held[urn].findings.append((finding.rule, finding.message, association))

    def _find_dangers(self, way: WayIn, held: _Held) -> Iterator[Danger]:
        """The violations of the pack's rules, the most severe first, each once."""
        found: dict[tuple[Rule, str], bool] = {}
        for rule, message, association in held.findings:
            found[rule, message] = self._is_accepted(rule, way, association.namespaces if association else None)
        for effective in held.own:
            for each in self._violations.find(effective):
                message = f"{effective.chain} {effective.where}: {each.sentence}."
                found[each.rule, message] = self._is_accepted(each.rule, way, effective.namespaces, effective.subject)
        for rule, message in sorted(found, key=lambda each: (-each[0].severity, each[0].id, each[1])):
            severity = rule.severity.name.lower()
            yield Danger(rule=rule.id, severity=severity, message=message, accepted=found[rule, message])

    def _is_accepted(
        self, rule: Rule, way: WayIn, namespaces: tuple[str, ...] | None = None, subject: Subject | None = None
    ) -> bool:
        """Whether the configuration accepts what the rule finds, by the principal, the subject or the namespaces."""
        if self._configuration.level(rule) == "disabled":
            return True
        settings = self._configuration.by_rule.get(rule.id, self._configuration.shared).with_accounts([self._account])
        principal = self._principals.get(urn_of(way))
        return (
            (principal is not None and settings.accepts(principal))
            or (subject is not None and settings.accepts_subject(subject))
            or (bool(namespaces) and all(map(settings.accepts_namespace, namespaces or ())))
        )


def is_dangerous(danger: Danger) -> bool:
    """Whether it counts as a problem: what blocks a deployment, unless it is accepted."""
    return not danger.accepted and Severity[danger.severity.upper()] >= Severity.HIGH


def is_node(way: WayIn) -> bool:
    """Whether it is how EKS lets nodes and Fargate pods in."""
    is_mapped = way.method is Method.AWS_AUTH and is_protected(Identity(way.username, way.groups))
    return way.type != "STANDARD" or is_mapped


def _describe_unknown_policies(way: WayIn) -> Iterator[Right]:
    """Access policies whose rules are not known: what they give is not nothing."""
    for policy in way.policies:
        name = parse_policy_name(policy.arn)
        if policy_rules(name) is None:
            words = f"has the rights of {name}, whose rules are not known here"
            yield Right(words=words, what=(name,), where=format_namespaces(policy.namespaces), severity="")


def _convert_binding(held: EffectiveRules) -> Binding:
    binding = held.binding
    assert binding is not None, "only rules of bindings are converted"
    return Binding(
        kind=binding.kind,
        name=binding.name,
        namespace=binding.namespace,
        role=f"{binding.role_kind} {binding.role_name}",
        subject=str(held.subject),
    )


def _labels_of(held: EffectiveRules) -> Mapping[str, str]:
    assert held.binding is not None, "only rules of bindings have its labels"
    labels = held.binding.resource.get("metadata", "labels")
    return labels if isinstance(labels, Mapping) else {}
